"""How the other side says that it cannot answer (Green Book 9.3.5, 9.5)."""

from dataclasses import dataclass
from typing import ClassVar, Final

from meterkast.protocols.axdr import Reader, Writer

SERVICE_NOT_ALLOWED: Final = 1
SERVICE_UNKNOWN: Final = 2
OPERATION_NOT_POSSIBLE: Final = 1
SERVICE_NOT_SUPPORTED: Final = 2
OTHER_REASON: Final = 3
PDU_TOO_LONG: Final = 4
DECIPHERING_ERROR: Final = 5
INVOCATION_COUNTER_ERROR: Final = 6


@dataclass(frozen=True, slots=True)
class ExceptionResponse:
    """The message was not understood or not allowed.

    Attributes:
        state_error: 1 service not allowed, 2 service unknown.
        service_error: 1 operation not possible to 6 invocation counter error.
        counter: the counter expected next, where ``service_error`` is 6.
    """

    TYPE: ClassVar = (0xD8,)
    state_error: int
    service_error: int
    counter: int | None = None

    @classmethod
    def parse(cls, reader: Reader) -> "ExceptionResponse":
        """What follows the tag."""
        state, service = reader.octet(), reader.octet()
        return cls(state, service, reader.number(4) if service == INVOCATION_COUNTER_ERROR else None)

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).octet(self.state_error).octet(self.service_error)
        return writer.finish() if self.counter is None else writer.number(self.counter, 4).finish()


@dataclass(frozen=True, slots=True)
class ConfirmedServiceError:
    """The answer to a refused InitiateRequest: service, kind of error, error."""

    TYPE: ClassVar = (0x0E,)
    service: int
    kind: int
    error: int

    @classmethod
    def parse(cls, reader: Reader) -> "ConfirmedServiceError":
        """What follows the tag."""
        return cls(reader.octet(), reader.octet(), reader.octet())

    def encode(self) -> bytes:
        """The APDU."""
        return Writer(*self.TYPE, self.service, self.kind, self.error).finish()
