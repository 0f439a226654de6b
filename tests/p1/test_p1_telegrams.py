"""P1 telegrams: text, CRC, broken lines, values, and the telegram of DSMR 5."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import LocalError, PeerError
from meterkast.model.obis import Obis
from meterkast.model.reading import Reading
from meterkast.model.unit import Unit
from meterkast.protocols.p1 import telegram, values
from meterkast.protocols.p1.crc import crc16
from meterkast.protocols.p1.dsmr5 import FORMATS, GasChannel, emit_dsmr5
from meterkast.protocols.p1.readings import (
    meter_identifier,
    telegram_instant,
    telegram_readings,
    unreadable,
)
from meterkast.protocols.p1.telegram import CrcVerdict, Telegram


def read(*lines: str) -> Telegram:
    return telegram.parse("\r\n".join(("/XXX5", "", *lines, "!", "")).encode("latin-1"))


def test_the_check_value_of_crc_16_arc() -> None:
    # CRC-16/ARC of "123456789", as listed in the catalogue of parametrised CRC algorithms.
    assert crc16(b"123456789") == 0xBB3D


codes = st.builds("{}-{}:{}.{}.{}".format, *(st.integers(0, 255) for _ in range(5)))
texts = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="()!"), max_size=20)


@given(st.binary(max_size=300))
def test_the_folded_crc_is_the_one_that_goes_octet_by_octet(octets: bytes) -> None:
    value = 0
    for octet in octets:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    assert crc16(octets) == value


@given(st.integers(0, 255), st.sampled_from([0, 1, 15, 65535]), st.integers(0, 255))
def test_the_folded_crc_at_every_length(first: int, zeros: int, last: int) -> None:
    """One more octet is one more step of the table, whatever stood before."""
    octets = bytes((first,)) + bytes(zeros)
    step = crc16(octets) ^ last
    for _ in range(8):
        step = step >> 1 ^ (0xA001 if step & 1 else 0)
    assert crc16(octets + bytes((last,))) == step


@given(
    st.lists(
        st.tuples(codes, st.lists(texts, min_size=1, max_size=4)), max_size=8, unique_by=lambda line: line[0]
    )
)
def test_every_telegram_comes_back_with_a_good_crc(objects: list[tuple[str, list[str]]]) -> None:
    back = telegram.parse(telegram.emit("/MKG5METERKAST", objects))
    assert [(found.code, list(found.values)) for found in back.objects] == objects
    assert (back.ident, back.crc, back.findings) == ("/MKG5METERKAST", CrcVerdict.OK, ())


@given(st.data())
def test_a_changed_octet_is_seen_by_the_crc(data: st.DataObject) -> None:
    octets = bytearray(telegram.emit("/MKG5METERKAST", [("1-0:1.8.1", ["000004.426*kWh"])]))
    place = data.draw(st.integers(20, len(octets) - 8))
    octets[place] ^= data.draw(st.sampled_from([1, 2, 4, 8]))
    try:
        assert telegram.parse(bytes(octets)).crc is not CrcVerdict.OK
    except PeerError:
        return


@pytest.mark.parametrize(
    "objects",
    [[("1-0:1.8.1", ["a(b"])], [("1-0:1.8.1", ["a!"])], [("1-0:1.8.1", ["é"])], [("1-0:1.8.1", ["\n"])]],
)
def test_what_would_break_a_telegram_is_not_written(objects: list[tuple[str, list[str]]]) -> None:
    with pytest.raises(LocalError):
        telegram.emit("/MKG5METERKAST", objects)


def test_an_identification_needs_its_slash() -> None:
    with pytest.raises(LocalError):
        telegram.emit("MKG5", [])


@pytest.mark.parametrize(
    ("given_crc", "verdict"),
    [("", CrcVerdict.ABSENT), ("B9F0", CrcVerdict.BAD), ("12345", CrcVerdict.BAD), ("XY", CrcVerdict.BAD)],
)
def test_the_verdict_on_the_crc(given_crc: str, verdict: CrcVerdict) -> None:
    assert telegram.parse(f"/XXX5\r\n\r\n!{given_crc}\r\n".encode()).crc is verdict


def test_a_crc_may_lack_its_leading_zeros() -> None:
    for number in range(200):
        octets = telegram.emit("/XXX5", [("0-0:96.13.0", [str(number)])])
        if octets[-6:-5] == b"0":
            assert telegram.parse(octets[:-6] + octets[-5:]).crc is CrcVerdict.OK
            return
    pytest.fail("none of the telegrams has a CRC below 1000h")


@pytest.mark.parametrize(
    "line",
    [
        "1-0:4:24.7.0(000.142*kVAr)",
        "rubbish",
        "1-0:1.8.0",
        "1-0:999.8.0(1)",
        "1-0:1.8.0(1))",
        "(continues nothing)",
    ],
)
def test_a_broken_line_is_a_finding_with_its_number_and_costs_no_other(line: str) -> None:
    back = read(line, "1-0:1.8.1(1*kWh)")
    assert [found.code for found in back.objects] == ["1-0:1.8.1"]
    ((code, number),) = [(finding.code, finding.line) for finding in back.findings]
    assert (code, number) == ("p1-line-malformed", 3)


def test_a_line_without_its_end_is_kept_as_it_stands_and_gives_no_reading() -> None:
    back = read("1-0:1.8.1(000004.4", "1-0:1.8.2(2*kWh)")
    assert [found.values for found in back.objects] == [("000004.4",), ("2*kWh",)]
    assert [finding.code for finding in back.findings] == ["p1-bracket-missing"]
    assert [reading.value for reading in telegram_readings(back)] == [Decimal(2000)]


@pytest.mark.parametrize(
    ("octets", "code", "line", "kept"),
    [
        (b"/X\r\n\r\n1-0:1.8.1(1*kWh)\r\n1-0:1.8.2(2", "p1-end-missing", 5, 1),
        (b"/X\r\n\r\n1-0:1.8.1(1*kWh)\r\n!0000\r\n", "p1-crc-wrong", 4, 1),
        (b"/X\r\n\r\n1-0:1.8.1(1*kWh)\r\n0-0:96.13.0(\xe9)\r\n!\r\n", "p1-line-not-ascii", 4, 2),
        (b"/X\r\n\r\n1-0:1.8.1(1*kWh)\r\n0-0:96.13.0(" + b"4" * 2200 + b")\r\n!", "p1-line-too-long", 4, 2),
        (b"/X\r\n\r\n1-0:1.8.1(1*kWh)\r\n1-0:1.8.1(2*kWh)\r\n!\r\n", "p1-object-double", 4, 2),
        (b"x\r\n/X\r\n\r\n1-0:1.8.1(1*kWh)\r\n1-0:1.8.2)2(\r\n!\r\n", "p1-line-malformed", 5, 1),
    ],
)
def test_whatever_breaks_is_named_with_its_line_and_the_rest_is_read(
    octets: bytes, code: str, line: int, kept: int
) -> None:
    back = telegram.parse(octets)
    assert [finding.line for finding in back.findings if finding.code == code] == [line]
    readings = telegram_readings(back)
    assert (readings[0].value, len(readings)) == (Decimal(1000), kept)


def test_without_its_end_a_telegram_is_never_called_whole() -> None:
    assert telegram.parse(b"/X\r\n\r\n1-0:1.8.1(1*kWh)\r\n").crc is CrcVerdict.BAD


@pytest.mark.parametrize(
    ("line", "fails"),
    [
        ("1-0:1.8.1(00000x.426*kWh)", True),
        ("1-0:1.8.1(000004.426*furlong)", True),
        ("0-1:24.2.1(701332161005W)(00000.107*m3)", True),
        ("0-1:24.2.1(170102161005W)(0000x.107*m3)", True),
        ("0-0:1.0.0(701332161005W)", True),
        ("0-0:1.0.0(170102161005W)", False),
        ("1-0:1.8.1(000004.426*kWh)", False),
        ("0-1:24.2.1(170102161005W)(00000.107*m3)", False),
        ("0-0:96.13.0()", False),
        ("0-0:96.1.1(4B38)", False),
        ("1-0:99.97.0(2)(0-0:96.7.19)(170102161005W)(0000000301*s)(170102161005W)(01*s)", False),
    ],
)
def test_a_value_that_cannot_be_read_is_a_finding(line: str, fails: bool) -> None:
    back = read(line, "1-0:1.8.2(2*kWh)")
    assert [finding.line for finding in unreadable(back)] == ([3] if fails else [])
    assert Decimal(2000) in [reading.value for reading in telegram_readings(back)]


def test_the_same_line_gives_the_same_reading_at_another_time() -> None:
    stamps = ("170102192002W", "170102192003W")
    first, second = (telegram_readings(read(f"0-0:1.0.0({at})", "1-0:1.8.1(1*kWh)")) for at in stamps)
    assert second[0].at == (first[0].at or 0) + 1
    assert first[0].value == second[0].value


def test_a_continuation_belongs_to_the_line_before_and_to_no_other() -> None:
    back = read("0-1:24.3.0(161107190000)(00)(60)(1)(0-1:24.2.1)(m3)", "(00001.001)")
    assert [found.values[-1] for found in back.objects] == ["00001.001"]
    broken = read("1-0:1.8.1(1*kWh)", "broken", "(00001.001)")
    assert [found.values for found in broken.objects] == [("1*kWh",)]
    assert [finding.line for finding in broken.findings] == [4, 5]


def test_octets_around_the_telegram_are_findings() -> None:
    octets = b"tail\r\n" + telegram.emit("/XXX5", []) + b"\xff\xff"
    back = telegram.parse(octets)
    assert back.crc is CrcVerdict.OK
    assert [(finding.code, finding.offset) for finding in back.findings] == [
        ("p1-octets-before", 0),
        ("p1-octets-after", len(octets) - 2),
    ]


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"", "p1-start-missing"),
        (b"1-0:1.8.0(1)\r\n!\r\n", "p1-start-missing"),
        (b"/XXX5\r\n\r\nrubbish\r\n", "p1-end-missing"),
        (b"/" * 65537, "p1-too-long"),
    ],
)
def test_what_is_no_telegram_has_its_code(octets: bytes, code: str) -> None:
    with pytest.raises(PeerError) as caught:
        telegram.parse(octets)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("000004.426*kWh", (Decimal(4426), Unit.WATT_HOUR)),
        ("006545766*Wh", (Decimal(6545766), Unit.WATT_HOUR)),
        ("0000.308*kVAr", (Decimal(308), Unit.VAR)),
        ("00000023.732*kVArh", (Decimal(23732), Unit.VAR_HOUR)),
        ("240.860*GJ", (Decimal("240860000000"), Unit.JOULE)),
        ("00981.443*m3", (Decimal("981.443"), Unit.CUBIC_METRE)),
        ("0.48*A", (Decimal("0.48"), Unit.AMPERE)),
        ("0002", (Decimal(2), Unit.NONE)),
        ("1*furlong", None),
        ("ABCD", None),
        ("", None),
        ("1e5*kWh", None),
    ],
)
def test_numbers_with_units(text: str, expected: tuple[Decimal, Unit] | None) -> None:
    assert values.number(text) == expected


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("170102192002W", 1_483_381_202),
        ("200512135409S", 1_589_284_449),
        ("211031023000S", 1_635_640_200),
        ("211031023000W", 1_635_643_800),
        ("161107190000", 1_478_541_600),
        ("161307190000", None),
        ("170102192002X", None),
        ("1701021920", None),
    ],
)
def test_instants_of_summer_and_winter(text: str, at: int | None) -> None:
    assert values.instant(text) == at


@given(st.integers(946_684_800, 4_102_444_799 - 86_400))
def test_every_instant_comes_back(at: int) -> None:
    assert values.instant(values.stamp(at)) == at


@pytest.mark.parametrize(
    ("text", "opened"),
    [("4B3845", "K8E"), ("00000000", "00000000"), ("50217", "50217"), ("1ESY13", "1ESY13"), ("", "")],
)
def test_identifiers_are_opened_where_they_are_text(text: str, opened: str) -> None:
    assert values.identifier(text) == opened


def test_gas_of_dsmr_2_and_3_is_the_register_with_its_time() -> None:
    back = read("0-1:24.3.0(161107190000)(00)(60)(1)(0-1:24.2.1)(m3)", "(00001.001)")
    assert telegram_readings(back) == [
        Reading(
            obis=Obis.parse("0-1:24.2.1"), value=Decimal("1.001"), unit=Unit.CUBIC_METRE, at=1_478_541_600
        )
    ]


NUMBERS: dict[str, Decimal | int] = {
    "1-0:1.8.1": 123_456_789,
    "1-0:1.8.2": Decimal("0"),
    "1-0:1.7.0": 1_193,
    "0-0:96.14.0": 2,
    "1-0:32.7.0": Decimal("220.1"),
    "1-0:31.7.0": 1,
}
SECOND = emit_dsmr5(
    ident="/MKG5METERKAST",
    at=1_291_890_620,
    equipment="K8EG004046395507",
    values=NUMBERS,
    gas=(GasChannel(channel=1, equipment="2222ABCD123456789", at=1_291_888_800, index=12_785_123),),
    message="morgen onderhoud",
)


def test_a_dsmr_5_telegram_reads_as_the_standard_prints_it() -> None:
    back = telegram.parse(SECOND)
    assert (back.crc, back.findings) == (CrcVerdict.OK, ())
    assert [f"{found.code}({')('.join(found.values)})" for found in back.objects] == [
        "1-3:0.2.8(50)",
        "0-0:1.0.0(101209113020W)",
        "0-0:96.1.1(4B384547303034303436333935353037)",
        "1-0:1.8.1(123456.789*kWh)",
        "1-0:1.8.2(000000.000*kWh)",
        "0-0:96.14.0(0002)",
        "1-0:1.7.0(01.193*kW)",
        "0-0:96.13.0(6D6F7267656E206F6E646572686F7564)",
        "1-0:32.7.0(220.1*V)",
        "1-0:31.7.0(001*A)",
        "0-1:24.1.0(003)",
        "0-1:96.1.0(3232323241424344313233343536373839)",
        "0-1:24.2.1(101209110000W)(12785.123*m3)",
    ]


def test_a_dsmr_5_telegram_gives_back_its_values() -> None:
    back = telegram.parse(SECOND)
    assert telegram_instant(back) == 1_291_890_620
    assert meter_identifier(back) == "K8EG004046395507"
    readings = {str(reading.obis): reading for reading in telegram_readings(back)}
    assert {code: readings[code].value for code in NUMBERS} == NUMBERS
    assert (readings["0-1:24.2.1"].value, readings["0-1:24.2.1"].at) == (Decimal("12785.123"), 1_291_888_800)


@pytest.mark.parametrize(
    ("code", "value", "fault"),
    [
        ("1-0:1.8.1", 1_000_000_000, "p1-value-range"),
        ("1-0:1.7.0", -1, "p1-value-range"),
        ("1-0:9.9.9", 1, "p1-code-unknown"),
    ],
)
def test_a_value_that_cannot_be_printed_is_our_fault(code: str, value: int, fault: str) -> None:
    with pytest.raises(LocalError) as caught:
        emit_dsmr5(ident="/X", at=0, equipment="", values={code: value})
    assert caught.value.code == fault


@given(st.sampled_from(sorted(FORMATS)), st.integers(0, 999))
def test_every_number_of_dsmr_5_comes_back(code: str, value: int) -> None:
    (reading,) = [
        found
        for found in telegram_readings(
            telegram.parse(emit_dsmr5(ident="/X", at=0, equipment="A", values={code: value}))
        )
        if str(found.obis) == code
    ]
    assert reading.value == value


@given(st.binary(max_size=400) | st.text("/!()0-:.1*\r\n", max_size=400).map(str.encode))
def test_garbage_raises_only_the_peer_error(octets: bytes) -> None:
    try:
        back = telegram.parse(octets)
    except PeerError:
        return
    telegram_readings(back)
    meter_identifier(back)
    telegram_instant(back)


@given(st.text("()", max_size=2000))
def test_brackets_in_any_number_cost_no_time(brackets: str) -> None:
    read(brackets * 10)
