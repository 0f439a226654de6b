"""A TLS connection over a socket that blocks: for threads, and for what reads and writes files."""

import contextlib
import io
from typing import TYPE_CHECKING, Protocol

from meterkast.outside.tls.session import TlsSession

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_CHUNK = 1 << 16


class Wire(Protocol):
    """What a stream needs of a socket."""

    def recv(self, limit: int, /) -> bytes:
        """Waits for octets; none once the far end has closed."""

    def sendall(self, octets: bytes, /) -> None:
        """Sends all of it."""


class TlsStream(io.RawIOBase):
    """Shakes hands when it is made. Closing it says goodbye and leaves the socket to its owner.

    Raises:
        TrustError: as ``TlsSession``, when made and when read.
        OSError: the far end is gone, or the socket's timeout has passed.
    """

    def __init__(self, plain: Wire, session: TlsSession) -> None:
        self._plain = plain
        self._session = session
        self._shake_hands()

    @property
    def peer_certificate(self) -> bytes | None:
        """The far end's certificate in DER."""
        return self._session.peer_certificate

    @property
    def version(self) -> str:
        """The version of TLS, such as ``TLSv1.3``."""
        return self._session.version

    @property
    def group(self) -> str:
        """The group in which keys were agreed, such as ``X25519MLKEM768``."""
        return self._session.group

    def readable(self) -> bool:
        """Yes."""
        return True

    def writable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Waits for octets; 0 once the far end has closed."""
        view = memoryview(buffer).cast("B")
        while not (octets := self._session.read(len(view))):
            if self._session.ended or not self._take():
                return 0
        view[: len(octets)] = octets
        return len(octets)

    def write(self, octets: "ReadableBuffer") -> int:
        """Sends all of it."""
        self._session.write(bytes(octets))
        try:
            self._give()
        except OSError:
            self._hear_why()
            raise
        return len(memoryview(octets))

    def close(self) -> None:
        """Says goodbye, where somebody still listens."""
        if not self.closed:
            super().close()
            self._session.close()
            with contextlib.suppress(OSError):
                self._give()

    def _shake_hands(self) -> None:
        done = False
        while not done:
            try:
                done = self._session.shake_hands()
            finally:
                self._give()
            if not done and not self._take():
                raise ConnectionResetError("The far end has gone.")

    def _take(self) -> bool:
        arrived = self._plain.recv(_CHUNK)
        self._session.feed(arrived)
        return bool(arrived)

    def _hear_why(self) -> None:
        """A server refuses our certificate when we have gone on already: its alert may still lie there."""
        with contextlib.suppress(OSError):
            self._take()
        self._session.read(1)

    def _give(self) -> None:
        if outgoing := self._session.outgoing():
            self._plain.sendall(outgoing)
