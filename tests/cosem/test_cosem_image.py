"""An image reaches a meter in blocks over a live association, through losses and a restart, and is judged."""

import hashlib
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosem.peers import GATEWAY, Carrier, ask, bare, hls5
from meterkast.model.errors import LocalError, TrustError
from meterkast.protocols.axdr import (
    Data,
    Kind,
    array,
    boolean,
    double_long_unsigned,
    enum,
    integer,
    null,
    octets,
    structure,
)
from meterkast.protocols.cosem.classes import find
from meterkast.protocols.cosem.device import LogicalDevice
from meterkast.protocols.cosem.objects import AccessDenied
from meterkast.protocols.cosem.objects.image_store import Image
from meterkast.protocols.cosem.objects.image_transfer import IMAGE_TRANSFER, ImageTransfer, Status
from meterkast.protocols.dlms.apdu import (
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    MethodDescriptor,
)
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Associated, Event, Failed, Result
from meterkast.protocols.dlms.grant import Grant, Right
from meterkast.protocols.dlms.server import Server

INITIATE, TRANSFER, VERIFY, ACTIVATE = 1, 2, 3, 4
BLOCK = 100
IMAGE = bytes(place % 251 for place in range(1030))
GO = integer(0)


class Store:
    """Takes one image by its hash."""

    def __init__(self, expected: bytes = hashlib.sha256(IMAGE).digest()) -> None:
        self.expected = expected
        self.image: Image | None = None
        self.blocks: dict[int, bytes] = {}
        self.active: bytes | None = None
        self.broken = False

    def begin(self, image: Image) -> None:
        self.image, self.blocks = image, {}

    def put(self, number: int, block: bytes) -> None:
        self.blocks[number] = block

    def begun(self) -> Image | None:
        return self.image

    def kept(self) -> frozenset[int]:
        return frozenset(self.blocks)

    def verify(self) -> Sequence[Image]:
        assert self.image is not None
        if hashlib.sha256(self._whole()).digest() != self.expected:
            raise TrustError("image-untrusted", "The image does not hold.")
        return [
            Image(identification=self.image.identification, size=self.image.size, signature=self.expected)
        ]

    def activate(self) -> None:
        if self.broken:
            raise TrustError("image-untrusted", "The image does not hold.")
        self.active = self._whole()

    def _whole(self) -> bytes:
        return b"".join(self.blocks[number] for number in sorted(self.blocks))


class Conversation:
    """A client in association with a meter that has this store."""

    def __init__(self, store: Store) -> None:
        meter = LogicalDevice("MKM0000000000001", [ImageTransfer(store, block_size=BLOCK, size_limit=5000)])
        everything = Right.READ | Right.WRITE | Right.INVOKE
        server = Server(meter, grants={GATEWAY: Grant(hls5=hls5(1), otherwise=everything)})
        self.client = Client(hls5=hls5(2))
        self.carry: Carrier = bare(server, GATEWAY)
        assert isinstance(ask(self.client, self.carry, self.client.aarq()), Associated)

    def act(self, method: int, parameters: Data) -> Event:
        named = MethodDescriptor(18, IMAGE_TRANSFER, method)
        return ask(self.client, self.carry, self.client.act(named, parameters))

    def read(self, attribute: int) -> object:
        wanted = AttributeDescriptor(18, IMAGE_TRANSFER, attribute)
        found = ask(self.client, self.carry, self.client.get(wanted))
        assert isinstance(found, Result)
        return found.data.value

    def enable(self, *, on: bool) -> Event:
        wanted = AttributeDescriptor(18, IMAGE_TRANSFER, 5)
        return ask(self.client, self.carry, self.client.set(wanted, boolean(on)))

    def initiate(self, image: bytes = IMAGE) -> Event:
        return self.act(INITIATE, structure((octets(b"module-2"), double_long_unsigned(len(image)))))

    def transfer(self, numbers: Iterable[int], image: bytes = IMAGE) -> None:
        for number in numbers:
            block = image[number * BLOCK : (number + 1) * BLOCK]
            assert self.act(TRANSFER, block_of(number, block)) == Result(null())


def block_of(number: int, block: bytes) -> Data:
    return structure((double_long_unsigned(number), octets(block)))


def failed(event: Event) -> ActionResult:
    assert isinstance(event, Failed)
    assert isinstance(event.reason, ActionResult)
    return event.reason


def test_an_image_is_transferred_verified_and_activated() -> None:
    store = Store()
    talk = Conversation(store)
    assert (talk.read(2), talk.read(6)) == (BLOCK, Status.NOT_INITIATED)
    assert talk.initiate() == Result(null())
    talk.transfer(range(11))
    assert (talk.read(3), talk.read(4), talk.read(6)) == ("1" * 11, 11, Status.INITIATED)
    assert talk.act(VERIFY, GO) == Result(null())
    assert talk.read(6) == Status.VERIFICATION_SUCCESSFUL
    assert talk.read(7) == (
        structure((double_long_unsigned(1030), octets(b"module-2"), octets(store.expected))),
    )
    assert store.active is None
    assert talk.act(ACTIVATE, GO) == Result(null())
    assert talk.read(6) == Status.ACTIVATION_SUCCESSFUL
    assert store.active == IMAGE


@given(st.permutations(range(11)), st.integers(0, 11), st.lists(st.integers(0, 10), max_size=5))
def test_a_transfer_goes_on_after_a_restart_in_any_order(
    order: list[int], before: int, again: list[int]
) -> None:
    store = Store()
    talk = Conversation(store)
    talk.initiate()
    talk.transfer(order[:before])
    talk = Conversation(store)
    present = talk.read(3)
    assert present == "".join("01"[number in order[:before]] for number in range(11))
    missing = [number for number, bit in enumerate(str(present)) if bit == "0"]
    assert talk.read(4) == min(missing, default=11)
    if missing:
        assert failed(talk.act(VERIFY, GO)) is ActionResult.OTHER_REASON
        assert talk.read(6) == Status.INITIATED, "nothing was judged"
    talk.transfer([*missing, *again])
    assert talk.act(VERIFY, GO) == Result(null())
    assert talk.act(ACTIVATE, GO) == Result(null())
    assert store.active == IMAGE


def test_what_does_not_hold_is_never_activated_and_can_be_mended() -> None:
    store = Store()
    talk = Conversation(store)
    talk.initiate()
    talk.transfer(range(10))
    assert talk.act(TRANSFER, block_of(10, b"x" * 30)) == Result(null())
    assert failed(talk.act(VERIFY, GO)) is ActionResult.OTHER_REASON
    assert talk.read(6) == Status.VERIFICATION_FAILED
    assert failed(talk.act(ACTIVATE, GO)) is ActionResult.READ_WRITE_DENIED
    assert store.active is None
    talk.transfer([10])
    assert talk.act(VERIFY, GO) == Result(null())


def test_what_was_verified_before_another_transfer_or_a_restart_is_not_activated() -> None:
    store = Store()
    talk = Conversation(store)
    talk.initiate()
    talk.transfer(range(11))
    talk.act(VERIFY, GO)
    assert failed(Conversation(store).act(ACTIVATE, GO)) is ActionResult.READ_WRITE_DENIED
    assert failed(talk.act(TRANSFER, block_of(0, bytes(BLOCK)))) is ActionResult.READ_WRITE_DENIED
    talk.initiate()
    assert talk.read(7) == ()
    assert failed(talk.act(ACTIVATE, GO)) is ActionResult.READ_WRITE_DENIED
    assert store.active is None


def test_an_activation_that_fails_is_said() -> None:
    store = Store()
    talk = Conversation(store)
    talk.initiate()
    talk.transfer(range(11))
    talk.act(VERIFY, GO)
    store.broken = True
    assert failed(talk.act(ACTIVATE, GO)) is ActionResult.OTHER_REASON
    assert talk.read(6) == Status.ACTIVATION_FAILED


def test_nothing_goes_while_transfers_are_not_enabled() -> None:
    talk = Conversation(Store())
    assert talk.enable(on=False) == Result(null())
    assert failed(talk.initiate()) is ActionResult.READ_WRITE_DENIED
    talk.enable(on=True)
    assert talk.initiate() == Result(null())


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        (INITIATE, structure((octets(b""), double_long_unsigned(10)))),
        (INITIATE, structure((octets(b"x"), double_long_unsigned(0)))),
        (INITIATE, structure((octets(b"x"), double_long_unsigned(5001)))),
        (INITIATE, structure((octets(bytes(65)), double_long_unsigned(10)))),
        (INITIATE, array([octets(b"x"), octets(b"x")])),
        (TRANSFER, block_of(11, b"x")),
        (TRANSFER, block_of(10, bytes(31))),
        (TRANSFER, block_of(0, bytes(99))),
        (TRANSFER, block_of(0xFFFFFFFF, bytes(100))),
        (TRANSFER, octets(bytes(100))),
        (VERIFY, enum(0)),
        (ACTIVATE, null()),
    ],
)
def test_parameters_that_do_not_fit_change_nothing(method: int, parameters: Data) -> None:
    store = Store()
    talk = Conversation(store)
    talk.initiate()
    assert failed(talk.act(method, parameters)) is ActionResult.TYPE_UNMATCHED
    assert store.image == Image(identification=b"module-2", size=len(IMAGE))
    assert store.blocks == {}


def test_methods_have_their_turn() -> None:
    talk = Conversation(Store())
    for method, parameters in ((TRANSFER, block_of(0, bytes(100))), (VERIFY, GO), (ACTIVATE, GO), (5, GO)):
        assert failed(talk.act(method, parameters)) is ActionResult.READ_WRITE_DENIED


def test_the_object_is_of_its_class() -> None:
    described, transfer = find(18), ImageTransfer(Store(), block_size=BLOCK)
    assert described is not None
    assert transfer.attributes == tuple(range(1, 8))
    for number in transfer.attributes:
        attribute = described.attribute(number)
        assert attribute is not None
        assert transfer.read(number).kind.label == attribute.type
    with pytest.raises(AccessDenied) as denied:
        transfer.write(6, enum(0))
    assert denied.value.result is DataAccessResult.READ_WRITE_DENIED
    with pytest.raises(AccessDenied):
        transfer.write(5, Data(Kind.UNSIGNED, 1))
    with pytest.raises(LocalError):
        ImageTransfer(Store(), block_size=0)
