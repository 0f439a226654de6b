"""What a master says on the wired M-Bus, and what it makes of the answers (EN 13757-2, 5; EN 13757-3, 11).

A conversation is a generator: it yields what goes on the wire and is sent what was heard. So it reads from
the top down, and knows no link and no clock. The driver waits as long as the baud rate asks for.
"""

from collections.abc import Generator
from dataclasses import dataclass
from enum import Enum

from meterkast.model.errors import PeerError, UnreachableError
from meterkast.protocols.mbus import frame, telegram
from meterkast.protocols.mbus.frame import Acknowledgement, Frame, LongFrame, ShortFrame
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.records import ManufacturerData
from meterkast.protocols.mbus.secondary import SecondaryAddress

SELECT = 0x52
"""The control information that announces a secondary address."""
SELECTED = 253
"""The address of whoever was selected by its secondary address."""

_COUNT_BIT = 0x20
_TRIES = 3
_MAXIMUM_TELEGRAMS = 64


class Quiet(Enum):
    """What was heard where no frame was."""

    SILENCE = "silence"
    NOISE = "noise"
    """Octets that are no frame: two devices spoke at once, or the line is bad."""


Heard = Frame | Quiet


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search brought to light.

    Attributes:
        devices: who answered alone.
        clashes: addresses without an open digit under which several still speak at once.
    """

    devices: tuple[Identity, ...]
    clashes: tuple[SecondaryAddress, ...]


def read_out(address: int) -> Generator[bytes, Heard, list[LongFrame]]:
    """All telegrams of one device: asked for with a changing frame count bit: none is lost or doubled.

    Args:
        address: primary address, 1 to 250, 254 for whoever is alone on the line, or ``SELECTED``.

    Raises:
        UnreachableError: ``mbus-silent``.
        PeerError: ``mbus-noise``, ``mbus-answer-unexpected`` or ``mbus-telegrams-many``.
    """
    if address != SELECTED:
        yield ShortFrame(control=frame.SND_NKE, address=address).encode()
    received: list[LongFrame] = []
    while len(received) < _MAXIMUM_TELEGRAMS:
        count_bit = 0 if len(received) % 2 else _COUNT_BIT
        asked = ShortFrame(control=frame.REQ_UD2 | count_bit, address=address)
        answer = yield from _ask(asked.encode())
        if not isinstance(answer, LongFrame):
            raise _unexpected()
        received.append(answer)
        if not _more_follows(answer):
            return received
    raise PeerError("mbus-telegrams-many", f"A device has {_MAXIMUM_TELEGRAMS} telegrams at most.")


def select(address: SecondaryAddress) -> Generator[bytes, Heard, None]:
    """Chooses a device: from now on it answers under ``SELECTED``.

    Raises:
        UnreachableError: ``mbus-silent`` where nobody fits.
        PeerError: ``mbus-noise`` or ``mbus-answer-unexpected``.
    """
    yield _deselect()
    answer = yield from _ask(_selection(address))
    if not isinstance(answer, Acknowledgement):
        raise _unexpected()


def tell(command: LongFrame) -> Generator[bytes, Heard, None]:
    """Gives a command, until it is acknowledged.

    Raises:
        UnreachableError: ``mbus-silent``: also what a device does that refuses.
        PeerError: ``mbus-noise`` or ``mbus-answer-unexpected``.
    """
    answer = yield from _ask(command.encode())
    if not isinstance(answer, Acknowledgement):
        raise _unexpected()


def search(within: SecondaryAddress) -> Generator[bytes, Heard, Found]:
    """Who is on the line: where several answer at once, digit by digit (wildcard search)."""
    devices: list[Identity] = []
    clashes: list[SecondaryAddress] = []
    waiting = [within]
    yield _deselect()
    while waiting:
        address = waiting.pop()
        answer = yield from _whoever(address)
        if answer is Quiet.SILENCE:
            continue
        if isinstance(answer, Identity):
            devices.append(answer)
        elif narrower := address.narrower():
            waiting.extend(reversed(narrower))
        else:
            clashes.append(address)
    return Found(devices=tuple(devices), clashes=tuple(clashes))


def _whoever(address: SecondaryAddress) -> Generator[bytes, Heard, Identity | Quiet]:
    """The one device that fits; noise where there are several. Whoever does not fit is no longer selected."""
    answer = yield _selection(address)
    if answer is Quiet.SILENCE:
        answer = yield _selection(address)
    if answer is Quiet.SILENCE:
        return Quiet.SILENCE
    told = yield ShortFrame(control=frame.REQ_UD2 | _COUNT_BIT, address=SELECTED).encode()
    identity = _identity(told)
    return Quiet.NOISE if identity is None or not address.fits(identity) else identity


def _ask(octets: bytes) -> Generator[bytes, Heard, Frame]:
    """The answer, asked for again where none came or it was spoilt."""
    heard: Heard = Quiet.SILENCE
    for _ in range(_TRIES):
        heard = yield octets
        if not isinstance(heard, Quiet):
            return heard
    if heard is Quiet.NOISE:
        raise PeerError(
            "mbus-noise", "What is heard on the M-Bus is no frame.", hint="Check baud rate and parity."
        )
    raise UnreachableError(
        "mbus-silent", "Nobody answers on the M-Bus.", hint="Check address, baud rate and wiring."
    )


def _deselect() -> bytes:
    return ShortFrame(control=frame.SND_NKE, address=SELECTED).encode()


def _selection(address: SecondaryAddress) -> bytes:
    return LongFrame(control=frame.SND_UD, address=SELECTED, ci=SELECT, payload=address.encode()).encode()


def _identity(answer: Heard) -> Identity | None:
    if not isinstance(answer, LongFrame) or answer.ci not in telegram.LONG_HEADERS:
        return None
    try:
        return telegram.Header.decode(answer.ci, answer.payload).identity
    except PeerError:
        return None


def _more_follows(answer: LongFrame) -> bool:
    """Whether the telegram announces another one (DIF 1F); one that is encrypted or not read does not."""
    try:
        told = telegram.parse(answer.ci, answer.payload)
    except PeerError:
        return False
    last = told.records[-1] if isinstance(told, telegram.VariableData) and told.records else None
    return isinstance(last, ManufacturerData) and last.more_follows


def _unexpected() -> PeerError:
    return PeerError("mbus-answer-unexpected", "The device answers with another frame than was asked for.")
