"""What the module shows is what it measured, in each vendor's own way, and nothing is there that switches."""

from datetime import date
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterkast.model.calendar import QUARTER, day_bounds, day_start
from meterkast.model.errors import DataError, LocalError
from meterkast.model.obis import Obis
from meterkast.model.quality import ProfileStatus
from meterkast.module.events import CAPACITY, EventCode, EventLog
from meterkast.module.module import Module
from meterkast.module.registers import EXPORT, IMPORT
from meterkast.module.vendor import VENDORS, VendorProfile
from meterkast.protocols.axdr import Data, Kind, encode
from meterkast.protocols.cosem.capture import Row, decode_capture_objects
from meterkast.protocols.cosem.profile import decode_buffer
from meterkast.protocols.dlms.apdu import EntrySelection, RangeSelection, Selection
from module.module_loads import Steady, make_module

PROFILE, EVENTS, CLOCK = Obis(1, 0, 99, 1, 0), Obis(0, 0, 99, 98, 0), Obis(0, 0, 1, 0, 0)
INSTALLED = 1_774_000_800 + 7 * 60
FOREVER = INSTALLED + 14 * 86_400


def read(
    module: Module, class_id: int, name: Obis, attribute: int = 2, selection: Selection | None = None
) -> Data:
    found = module.logical_device().find(class_id, name)
    assert found is not None
    return found.read(attribute, selection)


def rows(module: Module, selection: Selection | None = None) -> list[Row]:
    captures = decode_capture_objects(read(module, 7, PROFILE, 3))
    return decode_buffer(read(module, 7, PROFILE, 2, selection), captures, QUARTER)


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> str:
    assert isinstance(request.param, str)
    return request.param


def test_a_full_buffer_holds_960_quarters_and_the_truth(vendor: str) -> None:
    module = make_module(vendor=vendor, installed_at=INSTALLED, now=FOREVER + 61)
    found = rows(module)
    newest = (FOREVER + 61) // QUARTER * QUARTER
    assert [row.at for row in found] == list(range(newest - 959 * QUARTER, newest + 1, QUARTER))
    for row in found:
        assert row.at is not None
        truth = module.registers(row.at)
        assert [value.value for value in row.values[1:]] == [truth[IMPORT], truth[EXPORT]]
    assert read(module, 7, PROFILE, 4).value == QUARTER
    assert read(module, 7, PROFILE, 7).value == read(module, 7, PROFILE, 8).value == 960


def test_a_young_buffer_begins_after_installation(vendor: str) -> None:
    module = make_module(vendor=vendor, installed_at=INSTALLED, now=INSTALLED + 3600)
    found = rows(module)
    assert [row.at for row in found] == [INSTALLED + 8 * 60 + place * QUARTER for place in range(4)]
    statuses = [ProfileStatus(int(str(row.values[0].value))) for row in found]
    assert [ProfileStatus.POWER_DOWN in status for status in statuses] == [True, False, False, False]
    assert rows(make_module(vendor=vendor, installed_at=INSTALLED, now=INSTALLED)) == []


def test_only_a_quarter_without_power_says_so() -> None:
    boundary = INSTALLED - INSTALLED % QUARTER
    found = rows(make_module(installed_at=boundary, now=boundary + QUARTER))
    assert [row.values[0].value for row in found] == [ProfileStatus.POWER_DOWN, 0]


@pytest.mark.parametrize(
    ("day", "quarters", "summer"),
    [
        (date(2026, 3, 28), 96, {False}),
        (date(2026, 3, 29), 92, {False, True}),
        (date(2026, 10, 25), 100, {True, False}),
        (date(2026, 7, 1), 96, {True}),
    ],
)
def test_a_local_day_by_range(vendor: str, day: date, quarters: int, summer: set[bool]) -> None:
    start, end = day_bounds(day)
    module = make_module(vendor=vendor, installed_at=start - 86_400, now=end + 7200)
    found = rows(module, RangeSelection(start, end))
    assert [row.at for row in found] == list(range(start, end + 1, QUARTER))
    assert len(found) == quarters + 1
    shown = {bool(int(str(row.values[0].value)) & ProfileStatus.DAYLIGHT_SAVING) for row in found}
    assert shown == summer


@given(start=st.integers(-20 * 86_400, 20 * 86_400), length=st.integers(-100, 5 * 86_400))
@settings(max_examples=25)
def test_any_range_is_a_part_of_the_buffer(start: int, length: int) -> None:
    module = make_module(vendor="SAG", installed_at=INSTALLED, now=FOREVER, load=Steady(700, 0, 0))
    first, last = FOREVER + start, FOREVER + start + length
    expected = [row for row in rows(module) if row.at is not None and first <= row.at <= last]
    assert rows(module, RangeSelection(first, last)) == expected


def test_entries_by_number(vendor: str) -> None:
    module = make_module(vendor=vendor, installed_at=INSTALLED, now=FOREVER)
    assert rows(module, EntrySelection(first=1, last=4)) == rows(module)[:4]


def test_vendors_say_the_same_in_other_octets() -> None:
    modules = [make_module(vendor=vendor, now=FOREVER, load=Steady(500, 0, 0)) for vendor in VENDORS]
    lengths = [len(encode(read(module, 7, PROFILE))) for module in modules]
    assert lengths[1] * 1.5 < lengths[0]
    kinds = [read(module, 3, IMPORT).kind for module in modules]
    assert kinds == [Kind.DOUBLE_LONG_UNSIGNED, Kind.LONG64_UNSIGNED]
    lists = [
        [(each.class_id, each.logical_name) for each in module.logical_device().objects] for module in modules
    ]
    assert sorted(lists[0]) != sorted(lists[1])
    assert len({module.name[:3] for module in modules}) == 2


def test_every_attribute_can_be_read_and_written_out(vendor: str) -> None:
    module = make_module(vendor=vendor)
    for each in module.logical_device().objects:
        for attribute in each.attributes:
            assert encode(each.read(attribute))


def test_registers_and_phases_show_the_load(vendor: str) -> None:
    module = make_module(vendor=vendor, load=Steady(2300, -1150, 0))
    truth = module.registers(module.now())
    for obis, value in truth.items():
        assert read(module, 3, obis).value == value
    for place, (volts, amperes, imported, exported) in enumerate(
        [(229.5, 10.0, 2300, 0), (233.2, 4.9, 0, 1150), (232.0, 0, 0, 0)]
    ):
        names = [Obis(1, 0, 20 * place + group, 7, 0) for group in (32, 31, 21, 22)]
        for name, expected, tolerance in zip(
            names, (volts, amperes, imported, exported), (0.51, 0.06, 0, 0), strict=True
        ):
            number = read(module, 3, name).value
            scaler = read(module, 3, name, 3).items[0].value
            assert isinstance(number, int)
            assert isinstance(scaler, int)
            assert number * 10.0**scaler == pytest.approx(expected, abs=tolerance)


def test_one_phase_has_no_objects_of_three(vendor: str) -> None:
    names = {each.logical_name for each in make_module(vendor=vendor, phases=1).logical_device().objects}
    assert Obis(1, 0, 32, 7, 0) in names
    assert Obis(1, 0, 52, 7, 0) not in names
    assert Obis(1, 0, 72, 7, 0) not in names


def test_the_event_log(vendor: str) -> None:
    module = make_module(vendor=vendor, installed_at=INSTALLED, now=FOREVER)
    module.events.record(EventCode.MEASUREMENT_FAULT, INSTALLED + 90)
    captures = decode_capture_objects(read(module, 7, EVENTS, 3))
    found = decode_buffer(read(module, 7, EVENTS), captures, 0)
    assert [(row.at, row.values[0].value) for row in found] == [(INSTALLED, 2), (INSTALLED + 90, 16)]


def test_the_event_log_is_bounded() -> None:
    log = EventLog()
    assert log.last is EventCode.NONE
    for number in range(CAPACITY + 5):
        log.record(EventCode.POWER_FAILED, number)
    assert [entry.at for entry in log.entries()] == list(range(5, CAPACITY + 5))
    assert [entry.at for entry in log.entries(50, 52)] == [50, 51, 52]


def test_names() -> None:
    module = make_module(vendor="KFM")
    assert module.name == "KFM5000000000017"
    assert read(module, 1, Obis(0, 0, 42, 0, 0)).value == b"KFM5000000000017"
    assert str(module.title) == "KFM8C27395011"


@pytest.mark.parametrize(
    "change",
    [
        ("manufacturer =", "maker ="),
        ('class = 3, name = "1-0:1.8.0"', 'class = 3, name = "1-0:1.8"'),
        ('kind = "double-long-unsigned"', 'kind = "longish"'),
        ('unit = "Wh"', 'unit = "kWh"'),
        ('buffer-encoding = "full"', 'buffer-encoding = "zip"'),
        ("octets = 1", "octets = 3"),
        ("object = [", "object = [["),
        ("max-information = 512", 'max-information = "much"'),
    ],
)
def test_malformed_profiles_are_refused(change: tuple[str, str]) -> None:
    text = (files("meterkast.module") / "profiles" / "kfm.toml").read_text(encoding="utf-8")
    assert change[0] in text
    with pytest.raises(DataError) as refused:
        VendorProfile.parse(text.replace(*change))
    assert refused.value.code == "module-profile-malformed"


@pytest.mark.parametrize(
    "entry",
    [
        '{ class = 70, name = "0-0:96.3.10", shows = "clock" }',
        '{ class = 7, name = "1-0:99.2.0", shows = "daily" }',
        '{ class = 3, name = "1-0:9.9.9", shows = "wishes" }',
    ],
)
def test_an_object_that_no_module_has_is_refused(entry: str) -> None:
    text = (files("meterkast.module") / "profiles" / "kfm.toml").read_text(encoding="utf-8")
    enlarged = text.replace("object = [", f"object = [\n{entry},")
    with pytest.raises(DataError) as refused:
        make_module(vendor=VendorProfile.parse(enlarged))
    assert refused.value.code == "module-profile-malformed"


def test_unknown_vendors_and_impossible_modules() -> None:
    with pytest.raises(DataError) as unknown:
        VendorProfile.load("ACM")
    assert unknown.value.code == "module-vendor-unknown"
    with pytest.raises(LocalError) as two:
        make_module(phases=2)
    with pytest.raises(LocalError) as between:
        make_module(installed_at=day_start(date(2026, 1, 1)) + 1)
    assert (two.value.code, two.value.where) == ("module-settings", "phases")
    assert (between.value.code, between.value.where) == ("module-settings", "installed_at")


def test_the_pairing_key_shows_nowhere() -> None:
    module = make_module()
    assert "pairing_key=" not in repr(module.settings)
    assert repr(module.settings.pairing_key) not in repr(module)
