"""Puts a message together whose fragments came in several frames (EN 13757-7, 6.3)."""

from dataclasses import dataclass, field

from meterkast.model.errors import PeerError
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.wmbus.authentication import Authentication

_LONGEST = 16 * 1024
_MOST_AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A whole message.

    Attributes:
        authentication: the fields of all fragments together; where two name one, the later counts.
        octets: from the CI field of the first fragment on.
        fragments: how many it came in.
    """

    authentication: Authentication
    octets: bytes
    fragments: int


@dataclass
class _Unfinished:
    first: Authentication
    octets: bytes = b""
    count: int = 0


@dataclass
class Fragments:
    """What has arrived of unfinished messages: one per sender, at most 64 senders, 16 KiB each.

    A sender that begins anew drops what it had begun; of too many, the one longest waiting is dropped.
    """

    _unfinished: dict[Identity, _Unfinished] = field(default_factory=dict)

    def add(self, sender: Identity, layer: Authentication, octets: bytes) -> Message | None:
        """The whole message where this was its last fragment.

        Args:
            sender: whose message it is.
            layer: the fragment's authentication and fragmentation layer.
            octets: what follows the layer.

        Raises:
            PeerError: ``wmbus-fragment-missing`` where one before it was not heard, ``wmbus-fragments-long``,
                or ``wmbus-length-wrong`` where the whole is not as long as the message says.
        """
        if layer.fragment == 1:
            self._unfinished.pop(sender, None)
            while len(self._unfinished) >= _MOST_AT_ONCE:
                self._unfinished.pop(next(iter(self._unfinished)))
            self._unfinished[sender] = _Unfinished(layer)
        begun = self._unfinished.get(sender)
        if begun is None or layer.fragment != begun.count + 1:
            self._unfinished.pop(sender, None)
            raise PeerError("wmbus-fragment-missing", "A fragment of the message was not heard.")
        begun.octets, begun.count = begun.octets + octets, begun.count + 1
        if len(begun.octets) > _LONGEST:
            del self._unfinished[sender]
            raise PeerError("wmbus-fragments-long", "A message in fragments has at most 16 KiB.")
        if layer.more:
            return None
        del self._unfinished[sender]
        return _whole(begun, layer)


def _whole(begun: _Unfinished, last: Authentication) -> Message:
    first = begun.first
    if first.message_length is not None and first.message_length != len(begun.octets):
        raise PeerError("wmbus-length-wrong", "The message is not as long as its first fragment says.")
    authentication = Authentication(
        control=first.control if last.control is None else last.control,
        key_information=first.key_information if last.key_information is None else last.key_information,
        counter=first.counter if last.counter is None else last.counter,
        mac=first.mac if last.mac is None else last.mac,
        message_length=first.message_length,
    )
    return Message(authentication=authentication, octets=begun.octets, fragments=begun.count)
