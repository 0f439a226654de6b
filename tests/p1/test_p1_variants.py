"""The telegrams of other countries and years: recognised, written, read back, and read by dsmr-parser.

Telegrams that are not in the captures are of our own making, written from the lists in ``variants.toml``.
"""

import json
import subprocess
from decimal import Decimal

import pytest
from bench.peers import peer_python
from hypothesis import given
from hypothesis import strategies as st

from captures import captures_dir
from meterkast.model.errors import LocalError
from meterkast.model.obis import Obis
from meterkast.protocols.cosem import catalogue
from meterkast.protocols.explain.p1 import explain_p1
from meterkast.protocols.p1 import telegram
from meterkast.protocols.p1.dsmr5 import FORMATS
from meterkast.protocols.p1.encrypted import PUBLIC_AUTHENTICATION_KEY, EncryptedTelegram
from meterkast.protocols.p1.readings import telegram_instant, telegram_readings
from meterkast.protocols.p1.telegram import CrcVerdict, Telegram
from meterkast.protocols.p1.values import identifier
from meterkast.protocols.p1.variants import Form, Value, Variant, recognise, variant, variants

AT = 1_772_449_200
LANGUAGES: tuple[catalogue.Language, ...] = ("en", "nl")
NAMES = [each.name for each in variants()]


@pytest.mark.captures
@pytest.mark.parametrize(
    ("capture", "name"),
    [
        ("dp-telegram_v2_2", "dsmr-3"),
        ("dp-telegram_v3", "dsmr-3"),
        ("dp-telegram_v4_2", "dsmr-4"),
        ("dp-telegram_v5", "dsmr-5"),
        ("dp-telegram_fluvius_v171", "belgium"),
        ("dp-telegram_v5_eon_hu", "hungary"),
        ("amshan-example_data_a_landisgyr_360", "sweden"),
        ("amshan-example_data_c", "sweden"),
        ("dp-telegram_esy5q3db1024_v304", None),
    ],
)
def test_real_telegrams_are_recognised(capture: str, name: str | None) -> None:
    octets = (captures_dir() / "p1" / f"{capture}.txt").read_bytes()
    found = recognise(telegram.parse(octets))
    assert (found and found.name) == name


def some_value(code: str, form: Form, draw: st.DataObject) -> Value:
    """Any value that the form can print."""
    steps = st.integers(0, 10 ** min(form.number.width, 9) - 1)
    match form.kind:
        case "text":
            return "50"
        case "hexadecimal":
            return draw.draw(st.text("ABCdef0123456789 ", max_size=20))
        case "instant":
            return draw.draw(st.integers(1_000_000_000, 2_000_000_000))
        case "number":
            return Decimal(draw.draw(steps)).scaleb(form.number.exponent - form.number.decimals)
    measured = Decimal(draw.draw(steps)).scaleb(form.number.exponent - form.number.decimals)
    return draw.draw(st.integers(1_700_000_000, 1_711_000_000)), measured


def drawn(kind: Variant, draw: st.DataObject) -> dict[str, Value]:
    """A value for some of the lines; those by which the telegram is recognised always have one."""
    forms = kind._counted_out()
    signs = {code for code, _ in kind.signs}
    chosen = set(draw.draw(st.lists(st.sampled_from(sorted(forms)), max_size=12))) | signs
    values = {code: some_value(code, form, draw) for code, form in forms.items() if code in chosen}
    return values | {code: begin for code, begin in kind.signs if begin}


@pytest.mark.parametrize("name", NAMES)
@given(draw=st.data())
def test_every_variant_comes_back_with_its_values(name: str, draw: st.DataObject) -> None:
    kind = variant(name)
    values = drawn(kind, draw)
    back = telegram.parse(kind.emit("/MKV5TEST", values))
    assert back.crc is (CrcVerdict.OK if kind.checked else CrcVerdict.ABSENT)
    assert back.findings == ()
    assert recognise(back) == kind
    assert [found.code for found in back.objects] == [code for code in kind.codes() if code in values]
    readings = {str(each.obis): each for each in telegram_readings(back)}
    for code, form in kind._counted_out().items():
        if code not in values:
            continue
        value = values[code]
        match form.kind:
            case "instant":
                assert telegram_instant(back) == value
            case "hexadecimal":
                (found,) = [found for found in back.objects if found.code == code]
                assert bytes.fromhex(found.values[0]).decode() == value
            case "number":
                assert readings[code].value == value
            case "stamped" | "described":
                assert isinstance(value, tuple)
                reading = readings[code.replace(":24.3.0", ":24.2.1")]
                assert (reading.at, reading.value) == value


def test_the_lines_of_dsmr_5_are_those_of_the_consumer_port() -> None:
    numbers = [code for code, form in variant("dsmr-5").lines.items() if form.kind == "number"]
    assert [code for code in numbers if "-n:" not in code] == list(FORMATS)
    assert {code: variant("dsmr-5").lines[code].number for code in FORMATS} == FORMATS


@pytest.mark.parametrize("name", NAMES)
def test_every_object_has_a_name_in_both_languages(name: str) -> None:
    nameless = [
        code
        for code in variant(name).codes()
        for language in LANGUAGES
        if catalogue.name(Obis.parse(code), language) is None
    ]
    assert nameless == []


@pytest.mark.parametrize(
    ("code", "value", "fault"),
    [
        ("1-0:9.9.9", 1, "p1-code-unknown"),
        ("1-0:1.8.1", "text", "p1-value-kind"),
        ("0-1:24.2.1", 1, "p1-value-kind"),
        ("1-0:1.8.1", -1, "p1-value-range"),
    ],
)
def test_what_cannot_be_written_is_our_fault(code: str, value: Value, fault: str) -> None:
    with pytest.raises(LocalError) as caught:
        variant("dsmr-5").emit("/X", {code: value})
    assert caught.value.code == fault
    with pytest.raises(LocalError):
        variant("atlantis")


def test_in_belgium_the_explanation_says_that_the_rates_are_swapped() -> None:
    octets = variant("belgium").emit("/FLU5\\TEST", {"0-0:96.1.4": "50217", "1-0:1.8.1": 1000})
    explanation = explain_p1(octets, None, None)
    assert explanation.layers[-1].fields["variant"] == "Belgium, e-MUCS"
    assert [finding.code for finding in explanation.findings] == ["p1-rates-swapped"]


def test_a_sealed_telegram_of_luxembourg_opens_again() -> None:
    plain = variant("luxembourg").emit("/MKV5LUX", LUXEMBOURG)
    key = bytes(range(16))
    octets = EncryptedTelegram.seal(plain, key, system_title=b"MKVTITLE", counter=7).encode()
    assert EncryptedTelegram.parse(octets).open(key) == plain
    assert (
        explain_p1(octets, key, PUBLIC_AUTHENTICATION_KEY).layers[-1].fields["variant"]
        == "Luxembourg, Smarty"
    )


LUXEMBOURG: dict[str, Value] = {
    "1-3:0.2.8": "42",
    "0-0:1.0.0": AT,
    "0-0:42.0.0": "MKV0000000000001",
    "1-0:1.8.0": 1_234_567,
    "1-0:3.8.0": 7_000,
    "1-0:1.7.0": 482,
}
"""Made up."""

_PEER = """
import json, sys
from dsmr_parser import telegram_specifications as kinds
from dsmr_parser.parsers import TelegramParser
answers = {}
for name, (kind, text) in json.load(sys.stdin).items():
    parsed = TelegramParser(getattr(kinds, kind)).parse(text, *sys.argv[1:], throw_ex=True)
    answers[name] = json.loads(parsed.to_json())
print(json.dumps(answers))
"""
_THEIRS = {
    "dsmr-3": ("V3", "ELECTRICITY_USED_TARIFF_1"),
    "dsmr-4": ("V4", "ELECTRICITY_USED_TARIFF_1"),
    "dsmr-5": ("V5", "ELECTRICITY_USED_TARIFF_1"),
    "belgium": ("BELGIUM_FLUVIUS", "ELECTRICITY_USED_TARIFF_1"),
    "luxembourg": ("LUXEMBOURG_SMARTY", "ELECTRICITY_IMPORTED_TOTAL"),
    "sweden": ("SWEDEN", "ELECTRICITY_IMPORTED_TOTAL"),
    "hungary": ("EON_HUNGARY", "ELECTRICITY_IMPORTED_TOTAL"),
}


def full(kind: Variant) -> bytes:
    """A telegram with a value for every line, each its own."""
    values: dict[str, Value] = {}
    for place, (code, form) in enumerate(kind._counted_out().items(), 1):
        measured = Decimal(place % 9 + 1).scaleb(form.number.exponent)
        simple: dict[str, Value] = {"text": "50217", "hexadecimal": f"{place:04}", "instant": AT}
        values[code] = simple.get(form.kind, (AT, measured) if form.kind != "number" else measured)
    return kind.emit("/MKV5TEST", values | {code: begin for code, begin in kind.signs if begin})


@pytest.mark.processes
def test_dsmr_parser_reads_what_we_write_in_every_variant_it_knows() -> None:
    python = peer_python("wires")
    if python is None:
        pytest.skip("no environment with dsmr-parser")
    written = {name: full(variant(name)) for name in _THEIRS}
    task = {name: (_THEIRS[name][0], octets.decode()) for name, octets in written.items()}
    done = subprocess.run(
        [str(python), "-c", _PEER], input=json.dumps(task), capture_output=True, text=True, check=True
    )
    answers = json.loads(done.stdout)
    key = bytes(range(16))
    plain = variant("luxembourg").emit("/MKV5LUX", LUXEMBOURG)
    sealed = EncryptedTelegram.seal(plain, key, system_title=b"MKVTITLE", counter=7).encode()
    opened = json.dumps({"sealed": ["MSN", sealed.hex()]})
    done = subprocess.run(
        [str(python), "-c", _PEER, key.hex()], input=opened, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["sealed"]["ELECTRICITY_IMPORTED_TOTAL"] == {
        "value": 1234.567,
        "unit": "kWh",
    }
    for name, (_, import_name) in _THEIRS.items():
        ours = _numbers(telegram.parse(written[name]))
        theirs = _leaves(answers[name])
        assert len(theirs) >= 10, name
        assert answers[name][import_name]["unit"] == "kWh"
        # Everything that it reads with a unit stands in our telegram with the same number.
        strangers = [pair for pair in theirs if pair not in ours]
        assert strangers == [], (name, strangers)


def _numbers(read: Telegram) -> set[tuple[Decimal, str]]:
    pairs = (text.partition("*") for found in read.objects for text in found.values if "*" in text)
    described = {
        (Decimal(found.values[6]).normalize(), found.values[5])
        for found in read.objects
        if len(found.values) == 7
    }
    return {(Decimal(digits).normalize(), unit) for digits, _, unit in pairs} | described


def _leaves(tree: object) -> list[tuple[Decimal, str]]:
    if isinstance(tree, list):
        return [leaf for item in tree for leaf in _leaves(item)]
    if isinstance(tree, dict) and isinstance(tree.get("unit"), str):
        return [(Decimal(str(tree["value"])).normalize(), tree["unit"])]
    if isinstance(tree, dict):
        return [leaf for item in tree.values() for leaf in _leaves(item)]
    return []


def test_identifiers_that_look_like_hexadecimal_stay_as_they_are() -> None:
    assert identifier("50217") == "50217"
