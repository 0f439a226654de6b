"""Reading by short names: object list, lists, blocks, parts of a profile, and peers that break rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosem.peers import CLOCK, IMPORT, PROFILE, QUARTER, ROWS, START, TEXT, device
from cosem.protected import CLIENT, METER, protection
from dlms.dlms_line import BLOCK, Fate, Line
from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import (
    Data,
    array,
    double_long_unsigned,
    long,
    null,
    octets,
    structure,
    unsigned,
)
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.acse import ApplicationContext
from meterkast.protocols.dlms.apdu import (
    Aarq,
    BlockNumberAccess,
    Conformance,
    DataAccessResult,
    DataNotification,
    EntrySelection,
    ExceptionResponse,
    InitiateRequest,
    InitiateResponse,
    LongInvokeId,
    ParameterizedAccess,
    RangeSelection,
    ReadBlock,
    ReadRequest,
    ReadResponse,
    VariableName,
)
from meterkast.protocols.dlms.association import State
from meterkast.protocols.dlms.base_names import (
    ASSOCIATION,
    OBJECT_LIST,
    NamedObject,
    decode_base_names,
    encode_base_names,
)
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import (
    Associated,
    Event,
    Failed,
    Notified,
    Refused,
    Released,
    Results,
    Send,
)
from meterkast.protocols.dlms.general_block import BlockTransfer
from meterkast.protocols.dlms.grant import Grant, Right
from meterkast.protocols.dlms.hls import Password
from meterkast.protocols.dlms.server import Server
from meterkast.protocols.dlms.short_client import ShortClient
from meterkast.protocols.dlms.short_exchange import ShortExchange

NAMES = {0x2BC0: (8, CLOCK), 0x5210: (7, PROFILE), 0xA500: (3, IMPORT), 0xC000: (1, TEXT)}
OPEN, SECRET, SEALED = 16, 17, 18
REGISTER = VariableName(0xA508)
VALUE = double_long_unsigned(1_234_567)


def meter(*, size: int = 1024, blocks: BlockTransfer | None = None) -> Server:
    def grant(**how: object) -> Grant:
        return Grant(otherwise=Right.READ, short_names=NAMES, **how)  # type: ignore[arg-type]

    return Server(
        device(),
        grants={
            OPEN: grant(),
            SECRET: grant(authentication=Password(b"12345678")),
            SEALED: grant(protection=protection(METER)),
        },
        max_pdu_size=size,
        blocks=blocks,
    )


def line(
    client_id: int = OPEN, *, size: int = 1024, blocks: BlockTransfer | None = None
) -> tuple[ShortClient, Line]:
    """An open association with an old meter."""
    client = ShortClient(
        password=Password(b"12345678") if client_id == SECRET else None,
        protection=protection(CLIENT) if client_id == SEALED else None,
        max_pdu_size=size,
        blocks=blocks,
    )
    carried = Line(client, meter(size=size, blocks=blocks), client_id=client_id)
    assert isinstance(carried.ask(client.aarq()), Associated)
    return client, carried


@pytest.mark.parametrize("client_id", [OPEN, SECRET, SEALED])
def test_a_meter_is_read_from_what_it_says_it_has(client_id: int) -> None:
    client, carried = line(client_id)
    listed = carried.ask(client.objects())
    assert isinstance(listed, Results)
    (data,) = listed.results
    assert isinstance(data, Data)
    objects = {each.logical_name: each for each in decode_base_names(data)}
    assert {name: (each.base_name, each.class_id) for name, each in objects.items()} == {
        name: (base, class_id) for base, (class_id, name) in NAMES.items()
    }
    assert objects[IMPORT].attribute(2) == REGISTER
    read = carried.ask(client.read([objects[IMPORT].attribute(number) for number in (1, 2, 9)]))
    assert read == Results((octets(IMPORT.to_bytes()), VALUE, DataAccessResult.READ_WRITE_DENIED))
    assert carried.ask(client.release()) == Released()
    assert client.state is State.IDLE


@pytest.mark.parametrize("blocks", [None, BlockTransfer(window=2)])
@pytest.mark.parametrize("client_id", [OPEN, SEALED])
def test_a_profile_comes_in_blocks_and_in_part(client_id: int, blocks: BlockTransfer | None) -> None:
    client, carried = line(client_id, size=160, blocks=blocks)
    (profile,) = [NamedObject(base_name=0x5210, class_id=7, version=1, logical_name=PROFILE)]
    whole = carried.ask(client.read([profile.attribute(2)]))
    assert isinstance(whole, Results)
    (buffer,) = whole.results
    assert isinstance(buffer, Data)
    assert len(buffer.items) == len(ROWS)
    for selection in (RangeSelection(START + QUARTER, START + 3 * QUARTER), EntrySelection(2, 4)):
        assert carried.ask(client.read([profile.attribute(2, selection)])) == Results(
            (array(buffer.items[1:4]),)
        )
    in_blocks = {each[0] for to, each in carried.sent if to == "client"}
    assert (BLOCK in in_blocks) is (blocks is not None)


@given(st.dictionaries(st.integers(0, 30), st.sampled_from(list(Fate)), max_size=5))
def test_general_blocks_serve_short_names_on_a_bad_line(fates: dict[int, Fate]) -> None:
    client, carried = line(size=160, blocks=BlockTransfer(window=3))
    carried.fates = fates
    read = carried.ask(client.read([VariableName(0x5218), REGISTER]))
    assert isinstance(read, Results)
    assert read.results[1] == VALUE


@given(
    st.lists(
        st.builds(
            NamedObject,
            base_name=st.integers(0, 0xFFFF),
            class_id=st.integers(0, 0xFFFF),
            version=st.integers(0, 255),
            logical_name=st.binary(min_size=6, max_size=6).map(Obis.from_bytes),
        ),
        max_size=10,
    )
)
def test_object_lists_come_back(objects: list[NamedObject]) -> None:
    assert decode_base_names(encode_base_names(tuple(objects))) == tuple(objects)


@pytest.mark.parametrize(
    "data",
    [
        null(),
        structure(()),
        array((null(),)),
        array((structure((long(1), unsigned(1), unsigned(0), octets(b"short"))),)),
        array((structure((octets(b"1"), unsigned(1), unsigned(0), octets(bytes(6)))),)),
    ],
)
def test_object_lists_that_are_none_are_refused(data: Data) -> None:
    with pytest.raises(PeerError):
        decode_base_names(data)


def test_names_have_16_bits() -> None:
    named = NamedObject(base_name=0xFFF8, class_id=1, version=0, logical_name=TEXT)
    assert named.attribute(1) == VariableName(0xFFF8)
    for number in (0, 2):
        with pytest.raises(LocalError):
            named.attribute(number)
    assert VariableName(0xFA08) == OBJECT_LIST


def test_each_naming_has_its_own_clients() -> None:
    """A client that names objects otherwise than its grant says gets no association."""
    by_logical_names = Client()
    carried = Line(by_logical_names, meter(), client_id=OPEN)
    assert isinstance(carried.ask(by_logical_names.aarq()), Refused)
    by_short_names = ShortClient()
    other = Server(device(), grants={OPEN: Grant(otherwise=Right.READ)})
    assert isinstance(Line(by_short_names, other, client_id=OPEN).ask(by_short_names.aarq()), Refused)


def test_the_server_says_where_its_association_is() -> None:
    initiate = InitiateRequest(conformance=Conformance.READ, max_pdu_size=0).encode()
    aarq = Aarq(context=ApplicationContext.SN_NO_CIPHERING, user_information=initiate)
    (answer,) = meter().receive(OPEN, aarq.encode())
    aare = apdu.decode(answer)
    assert isinstance(aare, apdu.Aare)
    settled = apdu.decode(aare.user_information or b"")
    assert isinstance(settled, InitiateResponse)
    assert settled.vaa_name == ASSOCIATION


def served(*variables: object, agreed: Conformance | None = None, size: int = 1024) -> object:
    """The server's answer to a READ, after an association with just these services."""
    server = meter(size=size)
    services = Conformance.READ | Conformance.MULTIPLE_REFERENCES if agreed is None else agreed
    initiate = InitiateRequest(conformance=services, max_pdu_size=size).encode()
    server.receive(OPEN, Aarq(context=ApplicationContext.SN_NO_CIPHERING, user_information=initiate).encode())
    (answer,) = server.receive(OPEN, ReadRequest(tuple(variables)).encode())  # type: ignore[arg-type]
    return apdu.decode(answer)


def test_what_was_not_agreed_is_refused() -> None:
    part = ParameterizedAccess(0x5218, 2, null())
    assert served(part) == ReadResponse((DataAccessResult.SCOPE_OF_ACCESS_VIOLATED,))
    assert served(REGISTER, REGISTER, agreed=Conformance.READ) == ExceptionResponse(1, 3)
    assert served(VariableName(0x5218), size=160) == ExceptionResponse(1, 4)
    assert served() == ExceptionResponse(1, 3)
    assert served(*[REGISTER] * 17) == ExceptionResponse(1, 3)


def test_names_that_nobody_has_are_undefined() -> None:
    undefined = ReadResponse((DataAccessResult.OBJECT_UNDEFINED,) * 3)
    assert served(VariableName(0), VariableName(0xA509), VariableName(0x5217)) == undefined


def test_blocks_out_of_order_are_refused() -> None:
    assert served(BlockNumberAccess(1)) == ReadResponse((DataAccessResult.NO_LONG_GET_IN_PROGRESS,))
    assert served(REGISTER, BlockNumberAccess(1)) == ReadResponse(
        (VALUE, DataAccessResult.DATA_BLOCK_NUMBER_INVALID)
    )
    client, carried = line(size=160)
    carried.server.receive(OPEN, client.read([VariableName(0x5218)]))
    (answer,) = carried.server.receive(OPEN, ReadRequest((BlockNumberAccess(7),)).encode())
    assert apdu.decode(answer) == ReadResponse((DataAccessResult.DATA_BLOCK_NUMBER_INVALID,))


def asking(count: int = 1) -> ShortExchange:
    exchange = ShortExchange(result_limit=100)
    exchange.read([REGISTER] * count)
    return exchange


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (ReadResponse(()), "dlms-unexpected"),
        (ReadResponse((VALUE, VALUE)), "dlms-unexpected"),
        (ReadResponse((VALUE, ReadBlock(True, 1, b"x"))), "dlms-unexpected"),
        (ReadResponse((ReadBlock(False, 2, b"x"),)), "dlms-block-number"),
        (ReadResponse((ReadBlock(False, 1, b""),)), "dlms-block-number"),
        (ReadResponse((ReadBlock(False, 1, bytes(101)),)), "dlms-block-limit"),
        (ReadResponse((ReadBlock(True, 1, b"\x01\x00\x06"),)), "axdr-truncated"),
        (apdu.GetResponseNormal(apdu.InvokeId(1), VALUE), "dlms-unexpected"),
    ],
)
def test_answers_that_break_the_rules_end_the_request(answer: object, code: str) -> None:
    exchange = asking()
    with pytest.raises(PeerError) as refusal:
        exchange.answered(answer)  # type: ignore[arg-type]
    assert refusal.value.code == code
    exchange.read([REGISTER])


def test_what_comes_in_between_leaves_the_request_as_it_is() -> None:
    exchange, told = asking(), DataNotification(LongInvokeId(1), None, null())
    assert exchange.answered(told) == [Notified(told)]
    with pytest.raises(LocalError):
        exchange.read([REGISTER])
    (more,) = exchange.answered(ReadResponse((ReadBlock(False, 1, b"\x01"),)))
    assert isinstance(more, Send)
    refusal = ExceptionResponse(1, 1)
    assert exchange.answered(refusal) == [Failed(refusal)]
    with pytest.raises(PeerError):
        exchange.answered(refusal)


def test_requests_that_make_no_sense_are_our_own_mistake() -> None:
    with pytest.raises(LocalError):
        ShortClient().read([REGISTER])
    with pytest.raises(LocalError):
        ShortExchange().read([])
    with pytest.raises(LocalError):
        ShortExchange(max_request=20).read([REGISTER] * 10)
    with pytest.raises(LocalError):
        ShortExchange(conformance=Conformance.READ).read([ParameterizedAccess(1, 1, null())])


@given(st.binary(max_size=120), st.sampled_from((OPEN, SECRET, SEALED)), st.booleans())
def test_any_octets_are_answered_or_refused(garbage: bytes, client_id: int, under_way: bool) -> None:
    client, carried = line(client_id, size=160, blocks=BlockTransfer())
    request = client.read([VariableName(0x5218)])
    if under_way:
        carried.server.receive(client_id, request)
    for each in (garbage, b"\x05" + garbage, b"\x0c" + garbage, b"\xe0" + garbage):
        for answer in carried.server.receive(client_id, each):
            apdu.decode(answer)
        try:
            events: list[Event] = client.receive(each)
            assert events or each[:1] == b"\xe0"
        except (PeerError, TrustError):
            pass
