"""Headers, fixed data and application errors."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.mbus import telegram
from meterkast.protocols.mbus.fixed import FixedData
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.telegram import (
    ApplicationError,
    EncryptedData,
    Header,
    VariableData,
)

identities = st.builds(
    Identity,
    manufacturer=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3),
    identification=st.text("0123456789", min_size=8, max_size=8),
    version=st.integers(0, 255),
    device_type=st.integers(0, 255),
)


@given(identities)
def test_every_identity_comes_back(identity: Identity) -> None:
    assert Identity.decode(identity.encode()) == identity


@pytest.mark.parametrize(
    ("manufacturer", "number"), [("MK", "12345678"), ("mkm", "12345678"), ("MKM", "123")]
)
def test_an_identity_that_cannot_be_written(manufacturer: str, number: str) -> None:
    with pytest.raises(LocalError):
        Identity(manufacturer=manufacturer, identification=number, version=1, device_type=3).encode()


@given(st.none() | identities, st.integers(0, 255), st.integers(0, 255), st.integers(0, 65535))
def test_every_header_comes_back(
    identity: Identity | None, access: int, status: int, configuration: int
) -> None:
    header = Header(identity=identity, access=access, status=status, configuration=configuration)
    ci = telegram.SHORT_HEADER if identity is None else telegram.LONG_HEADER
    assert Header.decode(ci, header.encode()) == header


def test_the_high_octet_first_header_names_the_same_device() -> None:
    identity = Identity(manufacturer="ELS", identification="12345678", version=51, device_type=3)
    told = telegram.parse(0x76, bytes.fromhex("12345678 1593 33 03 2A 00 0000"))
    assert isinstance(told, VariableData)
    assert told.header == Header(identity=identity, access=0x2A, status=0)


def test_fixed_data_with_a_historic_counter() -> None:
    # lm-manual_frame2, printed in the M-Bus documentation (The M-Bus, 6.6).
    told = telegram.parse(0x73, bytes.fromhex("78563412 0A 00 E9 7E 01000000 35010000"))
    assert isinstance(told, FixedData)
    first, second = told.counters
    assert (told.identification, told.medium) == ("12345678", 7)
    assert (first.value, first.meaning.unit, first.stored) == (Decimal("0.001"), "m3", False)
    assert (second.value, second.meaning.unit, second.stored) == (Decimal("0.135"), "m3", True)


def test_fixed_data_in_binary() -> None:
    told = telegram.parse(0x73, bytes.fromhex("78563412 0A 01 05 00 0A000000 FFFFFFFF"))
    assert isinstance(told, FixedData)
    assert [counter.value for counter in told.counters] == [Decimal(10000), Decimal(-1)]


def test_fixed_data_high_octet_first_reads_the_same() -> None:
    low = telegram.parse(0x73, bytes.fromhex("78563412 0A 01 05 00 0A000000 FEFFFFFF"))
    assert telegram.parse(0x77, bytes.fromhex("12345678 0A 01 05 00 0000000A FFFFFFFE")) == low


def test_no_header_and_a_master_that_sends() -> None:
    for ci in (telegram.NO_HEADER, telegram.SEND_DATA):
        told = telegram.parse(ci, bytes.fromhex("01 13 05"))
        assert isinstance(told, VariableData)
        assert told.header is None
        assert [record.value for record in told.records] == [Decimal("0.005")]


def test_application_errors_are_named() -> None:
    assert telegram.parse(0x70, b"\x08") == ApplicationError(code=8)
    assert ApplicationError(code=8).text == "application busy"
    assert ApplicationError(code=None).text == "unspecified error"


def test_a_configuration_word_of_an_old_device_is_no_encryption() -> None:
    assert Header(identity=None, access=0, status=0, configuration=0xFFFF).mode == 0


def test_what_is_announced_as_encrypted_must_be_there() -> None:
    header = Header(identity=None, access=0, status=0, configuration=0x0F10).encode()
    told = telegram.parse(telegram.SHORT_HEADER, header + bytes(18))
    assert isinstance(told, EncryptedData)
    assert (len(told.ciphertext), len(told.clear)) == (16, 2)
    with pytest.raises(PeerError) as caught:
        telegram.parse(telegram.SHORT_HEADER, header + bytes(15))
    assert caught.value.code == "mbus-ciphertext-cut"


@pytest.mark.parametrize(
    ("ci", "code"), [(0x72, "mbus-header-short"), (0x73, "mbus-header-short"), (0x99, "mbus-ci-unknown")]
)
def test_each_fault_has_its_code(ci: int, code: str) -> None:
    with pytest.raises(PeerError) as caught:
        telegram.parse(ci, bytes(3))
    assert caught.value.code == code


@given(st.sampled_from([0x70, 0x72, 0x73, 0x76, 0x77, 0x78, 0x7A, 0x51, 0x00]), st.binary(max_size=252))
def test_garbage_raises_only_the_peer_error(ci: int, payload: bytes) -> None:
    try:
        telegram.parse(ci, payload)
    except PeerError:
        return
