"""The ready classes: what they say, what they refuse, and that none of them can switch."""

import importlib
import inspect
import pkgutil

import pytest

from cosem.peers import CLOCK, COLUMNS, GAS, IMPORT, NAME, PROFILE, START, TEXT, device
from meterkast.model.errors import LocalError
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.protocols.axdr import (
    Data,
    array,
    double_long_unsigned,
    encode,
    enum,
    integer,
    long,
    long_unsigned,
    null,
    octets,
    structure,
    unsigned,
)
from meterkast.protocols.cosem import objects as ready
from meterkast.protocols.cosem.capture import decode_capture_objects
from meterkast.protocols.cosem.classes import find
from meterkast.protocols.cosem.device import LogicalDevice
from meterkast.protocols.cosem.objects import AccessDenied, CosemObject, DataObject, ReadableObject, Register
from meterkast.protocols.datetime import CosemDateTime
from meterkast.protocols.dlms.apdu import (
    DataAccessResult,
    EntrySelection,
    OtherSelection,
    RangeSelection,
    Selection,
)


def found(class_id: int, name: Obis) -> CosemObject:
    each = device().find(class_id, name)
    assert each is not None
    return each


def test_no_class_of_any_file_can_switch() -> None:
    offered = {
        each.class_id
        for module in pkgutil.iter_modules(ready.__path__)
        for _, each in inspect.getmembers(
            importlib.import_module(f"{ready.__name__}.{module.name}"), inspect.isclass
        )
        if issubclass(each, ReadableObject) and each is not ReadableObject
    }
    assert offered == {1, 3, 4, 7, 8, 15, 17, 18, 64}
    assert all(described.offered for each in offered if (described := find(each)))


def test_no_ready_class_can_switch() -> None:
    classes = [
        each for _, each in inspect.getmembers(ready, inspect.isclass) if issubclass(each, ReadableObject)
    ]
    offered = {each.class_id for each in classes if each is not ReadableObject}
    assert offered == {1, 3, 4, 7, 8, 15, 17}
    for each in device().objects:
        if each.logical_name != TEXT:
            for method in range(1, 12):
                with pytest.raises(AccessDenied):
                    each.invoke(method)
            for attribute in range(12):
                with pytest.raises(AccessDenied):
                    each.write(attribute, null())


@pytest.mark.parametrize(
    ("class_id", "name", "attribute", "expected"),
    [
        (3, IMPORT, 1, octets(bytes.fromhex("0100010800FF"))),
        (3, IMPORT, 2, double_long_unsigned(1_234_567)),
        (3, IMPORT, 3, structure((integer(0), enum(30)))),
        (4, GAS, 3, structure((integer(-3), enum(13)))),
        (4, GAS, 4, unsigned(0)),
        (4, GAS, 5, octets(bytes.fromhex("07EA03160700000000FFC400"))),
        (8, CLOCK, 2, octets(bytes.fromhex("07EA03160700000000FFC400"))),
        (8, CLOCK, 3, long(-60)),
        (8, CLOCK, 5, octets(bytes.fromhex("FFFF03FE07020000FF8000FF"))),
        (8, CLOCK, 6, octets(bytes.fromhex("FFFF0AFE07030000FF8000FF"))),
        (7, PROFILE, 4, double_long_unsigned(900)),
        (7, PROFILE, 7, double_long_unsigned(97)),
        (7, PROFILE, 8, double_long_unsigned(960)),
        (1, NAME, 2, octets(b"MKM0000000000001")),
        (17, Obis(0, 0, 41, 0, 0), 2, array((structure((long_unsigned(1), octets(b"MKM0000000000001"))),))),
        (15, Obis(0, 0, 40, 0, 0), 8, enum(2)),
    ],
)
def test_attributes_known_answers(class_id: int, name: Obis, attribute: int, expected: Data) -> None:
    assert found(class_id, name).read(attribute) == expected


def test_the_capture_objects_can_be_read_back() -> None:
    assert decode_capture_objects(found(7, PROFILE).read(3)) == COLUMNS


def test_the_clock_says_when_it_keeps_summer_time() -> None:
    summer = ready.Clock(lambda: START + 30 * 86400)
    stamp = summer.read(2).value
    assert isinstance(stamp, bytes)
    time = CosemDateTime.parse(stamp)
    assert (time.deviation, time.daylight_saving, time.unix()) == (-120, True, START + 30 * 86400)
    assert summer.read(4) == unsigned(0x80)


@pytest.mark.parametrize(
    ("selection", "rows"),
    [
        (RangeSelection(START, START + 900), 2),
        (RangeSelection(START + 1, START + 899), 0),
        (RangeSelection(0, START - 1), 0),
        (EntrySelection(1, 0), 97),
        (EntrySelection(97, 97), 1),
        (EntrySelection(96, 500), 2),
        (EntrySelection(98, 0), 0),
    ],
)
def test_selective_access(selection: Selection, rows: int) -> None:
    assert len(found(7, PROFILE).read(2, selection).items) == rows


@pytest.mark.parametrize(
    ("class_id", "name", "attribute", "selection", "result"),
    [
        (7, PROFILE, 2, OtherSelection(9, null()), DataAccessResult.SCOPE_OF_ACCESS_VIOLATED),
        (7, PROFILE, 2, EntrySelection(0, 1), DataAccessResult.SCOPE_OF_ACCESS_VIOLATED),
        (7, PROFILE, 2, EntrySelection(3, 2), DataAccessResult.SCOPE_OF_ACCESS_VIOLATED),
        (7, PROFILE, 3, EntrySelection(1, 1), DataAccessResult.SCOPE_OF_ACCESS_VIOLATED),
        (3, IMPORT, 2, RangeSelection(0, 1), DataAccessResult.SCOPE_OF_ACCESS_VIOLATED),
        (3, IMPORT, 4, None, DataAccessResult.READ_WRITE_DENIED),
        (3, IMPORT, 0, None, DataAccessResult.READ_WRITE_DENIED),
        (3, IMPORT, -1, None, DataAccessResult.READ_WRITE_DENIED),
    ],
)
def test_what_cannot_be_read(
    class_id: int, name: Obis, attribute: int, selection: Selection | None, result: DataAccessResult
) -> None:
    with pytest.raises(AccessDenied) as denied:
        found(class_id, name).read(attribute, selection)
    assert denied.value.result is result


def test_the_object_list_names_every_object_and_every_readable_attribute() -> None:
    meter = device()
    association = meter.find(15, Obis(0, 0, 40, 0, 0))
    assert association is not None
    listed = {}
    for entry in association.read(2).items:
        class_id, _, name, rights = entry.items
        assert isinstance(name.value, bytes)
        attributes, methods = rights.items
        assert methods == array(())
        listed[class_id.value, Obis.from_bytes(name.value)] = [
            right.items[0].value for right in attributes.items
        ]
    assert listed == {(each.class_id, each.logical_name): list(each.attributes) for each in meter.objects}
    for each in meter.objects:
        for attribute in each.attributes:
            each.read(attribute)


def test_an_entry_of_the_object_list_known_answer() -> None:
    # Blue Book 4.4.4, object_list_element: class, version, name, attribute rights, method rights
    entries = found(15, Obis(0, 0, 40, 0, 0)).read(2).items
    (profile,) = [entry for entry in entries if entry.items[0] == long_unsigned(7)]
    assert encode(profile).hex() == (
        "0204 120007 1101 0906 0100630100ff 0202 0108 0203 0f01 1601 00 0203 0f02 1601 0102 0f01 0f02"
        "0203 0f03 1601 00 0203 0f04 1601 00 0203 0f05 1601 00 0203 0f06 1601 00 0203 0f07 1601 00"
        "0203 0f08 1601 00 0100"
    ).replace(" ", "")


def test_an_object_twice_is_our_own_fault() -> None:
    twice = [Register(IMPORT, null, unit=Unit.NONE), Register(IMPORT, null, unit=Unit.NONE)]
    with pytest.raises(LocalError):
        LogicalDevice("MKM1", twice)
    LogicalDevice("MKM1", [Register(IMPORT, null, unit=Unit.NONE), DataObject(IMPORT, null)])
    for name in ("", "MKM", "MKM00000000000012", "MKMé"):
        with pytest.raises(LocalError):
            LogicalDevice(name, ())
