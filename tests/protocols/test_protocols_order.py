"""Orders and receipts as octets: there and back, and garbage is refused with the one code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import DataError, MeterkastError, PeerError
from meterkast.model.identity import SystemTitle
from meterkast.protocols.order import MAX_ORDER, Order, SignedOrder, Speech, parse_order, parse_receipt

TITLE = SystemTitle.parse("MKG0000000001")
orders = st.builds(
    Order,
    gateway=st.just(TITLE),
    number=st.integers(1, (1 << 63) - 1),
    issued=st.integers(0, (1 << 63) - 1),
    speech=st.sampled_from(Speech),
)


@given(orders, st.binary(min_size=64, max_size=64), st.binary(min_size=1, max_size=MAX_ORDER - 94))
def test_there_and_back(order: Order, signature: bytes, certificate: bytes) -> None:
    signed = SignedOrder(order=order, signature=signature, certificate=certificate)
    assert parse_order(signed.encode()) == signed


@given(st.binary(max_size=200) | st.binary(max_size=120).map(lambda tail: b"MKOR\x01" + tail))
def test_garbage_is_an_order_or_refused(octets: bytes) -> None:
    try:
        parsed = parse_order(octets)
    except PeerError as error:
        parsed = None
        code = error.code
    assert parsed is not None or code == "order-malformed"


@given(st.binary(max_size=200) | st.binary(min_size=113, max_size=113).map(lambda tail: b"MKRC\x01" + tail))
def test_no_garbage_is_a_receipt(octets: bytes) -> None:
    with pytest.raises(MeterkastError) as caught:
        parse_receipt(octets, None)
    assert caught.value.code in {"receipt-malformed", "receipt-signature-wrong"}


@pytest.mark.parametrize(("number", "issued"), [(0, 0), (-1, 0), (1 << 63, 0), (1, -1), (1, 1 << 63)])
def test_fields_out_of_range(number: int, issued: int) -> None:
    with pytest.raises(DataError):
        Order(gateway=TITLE, number=number, issued=issued, speech=Speech.OFF)
