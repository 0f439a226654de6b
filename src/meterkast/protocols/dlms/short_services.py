"""READ on a server: the requests of one association by short names (Green Book 9.4.6.8)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from meterkast.model.obis import Obis
from meterkast.protocols.dlms.apdu import (
    Apdu,
    AttributeDescriptor,
    BlockNumberAccess,
    Conformance,
    DataAccessResult,
    ExceptionResponse,
    GetResult,
    ParameterizedAccess,
    ReadBlock,
    ReadRequest,
    ReadResponse,
    VariableAccess,
    selection_of,
)
from meterkast.protocols.dlms.apdu.fault import (
    OTHER_REASON,
    PDU_TOO_LONG,
    SERVICE_NOT_ALLOWED,
    SERVICE_NOT_SUPPORTED,
    SERVICE_UNKNOWN,
)
from meterkast.protocols.dlms.apdu.short_name import encode_read_results
from meterkast.protocols.dlms.base_names import OBJECT_LIST, NamedObject, encode_base_names
from meterkast.protocols.dlms.operations import Operations
from meterkast.protocols.dlms.performance import LIST_LIMIT

_STEP: Final = 8
_BLOCK_OVERHEAD: Final = 1 + 1 + 1 + 1 + 2 + 3  # tag, count, choice, last, number, length

_UNKNOWN = ExceptionResponse(SERVICE_UNKNOWN, SERVICE_NOT_SUPPORTED).encode()
_TOO_LONG = ExceptionResponse(SERVICE_NOT_ALLOWED, PDU_TOO_LONG).encode()
_NOT_LIKE_THIS = ExceptionResponse(SERVICE_NOT_ALLOWED, OTHER_REASON).encode()


@dataclass(slots=True)
class _LongAnswer:
    left: bytes = field(repr=False)
    number: int = 0


class ShortServices:
    """Answers READ requests of one association.

    Args:
        operations: what the client may do to the objects.
        names: class and logical name of each object by its base name.
        conformance: what was agreed.
        pdu_size: the longest APDU the client takes.
    """

    def __init__(
        self,
        operations: Operations,
        *,
        names: Mapping[int, tuple[int, Obis]],
        conformance: Conformance,
        pdu_size: int,
    ) -> None:
        self._operations = operations
        self._names = names
        self._conformance = conformance
        self._pdu_size = pdu_size
        self._long_answer: _LongAnswer | None = None

    def answer(self, request: Apdu) -> bytes:
        """The answer to a request. An answer that is under way in blocks ends with any other request."""
        if not isinstance(request, ReadRequest):
            return _UNKNOWN
        under_way, self._long_answer = self._long_answer, None
        variables = request.variables
        most = LIST_LIMIT if self._agreed(Conformance.MULTIPLE_REFERENCES) else 1
        if not 1 <= len(variables) <= most:
            return _NOT_LIKE_THIS
        if isinstance(variables[0], BlockNumberAccess):
            return self._following(variables[0].block_number, under_way)
        results = tuple([self._read(each) for each in variables])
        octets = ReadResponse(results).encode()
        if len(octets) <= self._pdu_size:
            return octets
        if not self._agreed(Conformance.BLOCK_TRANSFER_WITH_GET):
            return _TOO_LONG
        return self._block(_LongAnswer(encode_read_results(results)))

    def _read(self, variable: VariableAccess) -> GetResult:
        if variable == OBJECT_LIST:
            return encode_base_names(self._listed())
        if isinstance(variable, BlockNumberAccess):
            return DataAccessResult.DATA_BLOCK_NUMBER_INVALID
        selection = None
        if isinstance(variable, ParameterizedAccess):
            if not self._agreed(Conformance.PARAMETERIZED_ACCESS):
                return DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
            selection = selection_of(variable.selector, variable.parameter)
        base = max((name for name in self._names if name <= variable.name), default=None)
        if base is None or (variable.name - base) % _STEP:
            return DataAccessResult.OBJECT_UNDEFINED
        class_id, logical_name = self._names[base]
        number = (variable.name - base) // _STEP + 1
        return self._operations.read(AttributeDescriptor(class_id, logical_name, number), selection)

    def _listed(self) -> tuple[NamedObject, ...]:
        return tuple(
            NamedObject(
                base_name=base,
                class_id=class_id,
                version=self._operations.version(class_id, logical_name),
                logical_name=logical_name,
            )
            for base, (class_id, logical_name) in sorted(self._names.items())
        )

    def _following(self, number: int, answer: _LongAnswer | None) -> bytes:
        if answer is None:
            return ReadResponse((DataAccessResult.NO_LONG_GET_IN_PROGRESS,)).encode()
        if number != answer.number:
            return ReadResponse((DataAccessResult.DATA_BLOCK_NUMBER_INVALID,)).encode()
        return self._block(answer)

    def _block(self, answer: _LongAnswer) -> bytes:
        size = self._pdu_size - _BLOCK_OVERHEAD
        octets, answer.left = answer.left[:size], answer.left[size:]
        answer.number += 1
        self._long_answer = answer if answer.left else None
        return ReadResponse((ReadBlock(not answer.left, answer.number, octets),)).encode()

    def _agreed(self, service: Conformance) -> bool:
        return service in self._conformance
