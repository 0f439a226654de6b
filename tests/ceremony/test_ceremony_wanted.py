"""What is wanted of a root day: written, read back, added to; anything else is refused."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import DataError
from meterkast.pki.ceremony.wanted import Applicant, Wanted, parse_wanted

GENERATIONS = st.sampled_from(["device", "operator-g2", "update-g117", "ocsp"])
TENANTS = st.lists(
    st.tuples(
        st.text(min_size=1, max_size=40).filter(lambda name: name.isprintable() and name == name.strip()),
        st.from_regex(r"[a-z0-9-]{0,32}", fullmatch=True),
    ),
    max_size=3,
    unique_by=(lambda each: each[0], lambda each: each[1]),
)
FILES = st.from_regex(r"[a-z0-9][a-z0-9.-]{0,20}\.pem", fullmatch=True)


@st.composite
def wishes(draw: st.DrawFn) -> Wanted:
    applicants = [
        Applicant(operator=operator, tenant=tenant, name=name)
        for operator, tenant in draw(TENANTS)
        for name in draw(st.lists(GENERATIONS, unique=True))
    ]
    return Wanted(
        certify=tuple(applicants),
        revoke=tuple(draw(st.lists(FILES, unique=True, max_size=3))),
        lists_until=draw(st.none() | st.dates(min_value=date(1000, 1, 1))),
        next_root=draw(st.booleans()),
    )


@given(wanted=wishes())
def test_what_is_written_is_read_back(wanted: Wanted) -> None:
    assert parse_wanted(wanted.encode()) == wanted
    assert wanted.beside(wanted) == wanted
    assert wanted.beside(Wanted()) == wanted


@given(octets=st.binary() | st.text().map(str.encode))
def test_anything_else_is_refused_or_read(octets: bytes) -> None:
    with suppress(DataError):
        assert isinstance(parse_wanted(octets), Wanted)


@pytest.mark.parametrize(
    "text",
    [
        "next-root = 1",
        "lists-until = 2030-01-01T00:00:00Z",
        'lists-until = "2030-01-01"',
        "something = true",
        'certify = "device"',
        "certify = [1]",
        '[[certify]]\noperator = "a"\ntenant = "b"',
        '[[certify]]\noperator = ""\ntenant = "b"\nname = "device"',
        '[[certify]]\noperator = "a"\ntenant = "../b"\nname = "device"',
        '[[certify]]\noperator = "a"\ntenant = "b"\nname = "root-g2"',
        '[[certify]]\noperator = "a"\ntenant = "b"\nname = "device/../device"',
        '[[certify]]\noperator = "a"\ntenant = "b"\nname = "device"\nalso = "this"',
        '[[certify]]\noperator = "a\\u0000"\ntenant = "b"\nname = "device"',
        '[[certify]]\noperator = "a"\ntenant = "b"\nname = "device"\n' * 2,
        '[[certify]]\noperator = "a"\ntenant = "b"\nname = "device"\n'
        '[[certify]]\noperator = "c"\ntenant = "b"\nname = "ocsp"',
        '[[certify]]\noperator = "a"\ntenant = "b"\nname = "device"\n'
        '[[certify]]\noperator = "a"\ntenant = "c"\nname = "ocsp"',
        '[[revoke]]\ncertificate = "../device.pem"',
        '[[revoke]]\ncertificate = "wanted.toml"',
        "[[revoke]]\ncertificate = 1",
        "# " + "x" * (1 << 16),
    ],
)
def test_what_does_not_hold(text: str) -> None:
    with pytest.raises(DataError) as caught:
        parse_wanted(text.encode())
    assert caught.value.code in {"ceremony-wanted-malformed", "operator-name-malformed"}


def test_two_wishes_are_one() -> None:
    device = Applicant(operator="a", tenant="", name="device-g2")
    one = Wanted(certify=(device,), lists_until=date(2030, 1, 1))
    other = Wanted(certify=(device,), revoke=("device.pem",), lists_until=date(2031, 1, 1), next_root=True)
    together = one.beside(other)
    assert together == other
    assert together.files() == ("device-g2.csr", "device.pem")
