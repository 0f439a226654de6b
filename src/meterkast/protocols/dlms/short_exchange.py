"""READ by short names, seen from the client: one request at a time (Green Book 9.4.6.8)."""

from collections.abc import Sequence

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.axdr import Reader
from meterkast.protocols.dlms.apdu import (
    Apdu,
    BlockNumberAccess,
    Conformance,
    DataNotification,
    EventNotification,
    ExceptionResponse,
    ParameterizedAccess,
    ReadBlock,
    ReadRequest,
    ReadResponse,
    VariableAccess,
)
from meterkast.protocols.dlms.apdu.short_name import ReadResult, parse_read_results
from meterkast.protocols.dlms.association import MAX_PDU_SIZE, SHORT_NAME_SERVICES
from meterkast.protocols.dlms.event import Event, Failed, Notified, Results, Send
from meterkast.protocols.dlms.pending import RESULT_LIMIT


class ShortExchange:
    """Makes READ requests and reads the answers; long values come block by block.

    Args:
        max_request: the longest APDU the server takes.
        result_limit: a longer answer in blocks is refused.
        conformance: the services that were agreed.
    """

    def __init__(
        self,
        *,
        max_request: int = MAX_PDU_SIZE,
        result_limit: int = RESULT_LIMIT,
        conformance: Conformance = SHORT_NAME_SERVICES,
    ) -> None:
        self._max_request = max_request
        self._result_limit = result_limit
        self._conformance = conformance
        self._asked = 0
        self._incoming = bytearray()
        self._number = 0

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is awaited."""
        return self._asked > 0

    def read(self, variables: Sequence[VariableAccess]) -> bytes:
        """Asks for variables; answered by ``Results``, in their order, or ``Failed``.

        Raises:
            LocalError: ``dlms-out-of-turn`` while another answer is awaited, ``dlms-not-agreed`` where the
                server does not know such a request, ``dlms-request-too-long``.
        """
        if self._asked:
            raise LocalError("dlms-out-of-turn", "The answer to another request is still awaited.")
        needed = Conformance.READ
        if len(variables) > 1:
            needed |= Conformance.MULTIPLE_REFERENCES
        if any(isinstance(each, ParameterizedAccess) for each in variables):
            needed |= Conformance.PARAMETERIZED_ACCESS
        if needed not in self._conformance or not variables:
            raise LocalError("dlms-not-agreed", "The server has not agreed to such a request.")
        octets = ReadRequest(tuple(variables)).encode()
        if len(octets) > self._max_request:
            raise LocalError("dlms-request-too-long", f"The server takes {self._max_request} octets at most.")
        self._asked, self._number = len(variables), 0
        self._incoming.clear()
        return octets

    def give_up(self) -> None:
        """The request under way is over, without an answer."""
        self._asked = 0

    def answered(self, answer: Apdu) -> list[Event]:
        """Takes an answer.

        Raises:
            PeerError: ``dlms-unexpected`` for an answer to something else, ``dlms-block-…`` for blocks out of
                order or without end, ``apdu-…`` or ``axdr-…`` where they hold no results. The request is over
                then.
        """
        if isinstance(answer, DataNotification | EventNotification):
            return [Notified(answer)]
        asked, self._asked = self._asked, 0
        if not asked:
            raise PeerError("dlms-unexpected", "The server sends an answer that nobody asked for.")
        match answer:
            case ExceptionResponse():
                return [Failed(answer)]
            case ReadResponse(results=(ReadBlock() as block,)):
                self._take(block)
                if not block.last:
                    self._asked = asked
                    return [Send(ReadRequest((BlockNumberAccess(block.number),)).encode())]
                reader = Reader(bytes(self._incoming))
                results = parse_read_results(reader)
                reader.finish()
                return [_results(asked, results)]
            case ReadResponse(results=results):
                return [_results(asked, results)]
        raise PeerError("dlms-unexpected", "The answer belongs to another kind of request.")

    def _take(self, block: ReadBlock) -> None:
        if block.number != self._number + 1 or not block.octets:
            raise PeerError("dlms-block-number", "A block is empty or out of order.")
        if len(self._incoming) + len(block.octets) > self._result_limit:
            raise PeerError("dlms-block-limit", f"The answer exceeds {self._result_limit} octets.")
        self._incoming += block.octets
        self._number = block.number


def _results(asked: int, results: tuple[ReadResult, ...]) -> Results:
    values = tuple([result for result in results if not isinstance(result, ReadBlock)])
    if len(results) != asked or len(values) != asked:
        raise PeerError("dlms-unexpected", "The answer has another number of values than were asked for.")
    return Results(values)
