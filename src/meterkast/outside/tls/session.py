"""One TLS connection without a wire: octets in, octets out, for whoever owns the socket."""

import logging

from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from meterkast.model.errors import TrustError
from meterkast.outside.tls.judgement import Judgement
from meterkast.outside.tls.policy import TlsPolicy

_CHUNK = 1 << 16
_HANDSHAKE_FAILURE = bytes.fromhex("15 03 03 00 02 02 28")
"""The alert of a server that finds no common ground (RFC 8446, 6.2), in clear: no key is agreed yet."""

_REFUSED_HINT = "Check certificates, revocation lists and the server's name."

_log = logging.getLogger("meterkast.tls")


class TlsSession:
    """Feed it what arrives, send what ``outgoing`` gives, and ask it after each.

    It holds what was fed and not yet read, and what was written and not yet taken, and bounds neither: feed
    and write in pieces. Not safe in threads. Made by ``TlsContext.session``.

    Attributes:
        ended: whether nothing more can come: the far end has said goodbye, or one side refuses the other.
    """

    def __init__(
        self,
        connection: SSL.Connection,
        *,
        server_side: bool,
        policy: TlsPolicy,
        peer: str,
        server_name: str | None,
    ) -> None:
        self._connection = connection
        self._peer = peer
        self._server_side = server_side
        self._policy = policy
        self._judgement = Judgement(server_name, policy)
        self._alert = b""
        self.ended = False
        connection.set_app_data(self._judgement)
        if server_side:
            connection.set_accept_state()
        else:
            connection.set_connect_state()
            connection.set_tlsext_host_name((server_name or "").encode("idna"))

    def shake_hands(self) -> bool:
        """Goes as far as it can with what was fed; whether the handshake is over.

        Send what is ``outgoing`` in either case, and after an error too: it tells the far end.

        Raises:
            TrustError: ``tls-refused`` where either side does not accept the other, ``tls-group-classical``
                where the policy does not accept the key agreement. The reason is in the log alone.
        """
        try:
            self._connection.do_handshake()
            done = True
        except SSL.WantReadError:
            done = False
        except SSL.Error as error:
            raise self._refused(error) from error
        self._require_group()
        if done:
            _log.info("tls-connected peer=%s group=%s", self._peer, self.group)
        return done

    def feed(self, octets: bytes) -> None:
        """Takes what came from the far end."""
        while octets:
            octets = octets[self._connection.bio_write(octets) :]

    def outgoing(self) -> bytes:
        """What is to be sent to the far end now; empty where there is nothing."""
        if self._alert:
            alert, self._alert = self._alert, b""
            return alert
        return self._pending()

    def write(self, octets: bytes) -> None:
        """Encrypts; see ``outgoing``.

        Raises:
            TrustError: ``tls-refused`` where the connection is broken.
        """
        left = memoryview(octets)
        try:
            while left:
                left = left[self._connection.send(left) :]
        except SSL.Error as error:
            raise self._refused(error) from error

    def read(self, limit: int) -> bytes:
        """Decrypted octets, at most ``limit``; empty where more must be fed first, or where it has ended.

        Raises:
            TrustError: ``tls-refused`` where the far end refuses us or does not keep to the protocol.
        """
        try:
            return self._connection.recv(limit)
        except SSL.WantReadError:
            return b""
        except SSL.ZeroReturnError:
            self.ended = True
            return b""
        except SSL.Error as error:
            raise self._refused(error) from error

    def close(self) -> None:
        """Says goodbye (``close_notify``); see ``outgoing``."""
        try:
            self._connection.shutdown()
        except SSL.Error:  # a handshake that was not finished has nothing to say goodbye to
            return

    @property
    def group(self) -> str:
        """The group in which keys were agreed, such as ``X25519MLKEM768``; empty before."""
        return self._connection.get_group_name() or ""

    @property
    def version(self) -> str:
        """The version of TLS, such as ``TLSv1.3``."""
        return self._connection.get_protocol_version_name()

    @property
    def peer_certificate(self) -> bytes | None:
        """The far end's certificate in DER; None before the handshake is over."""
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        return None if certificate is None else certificate.public_bytes(Encoding.DER)

    def _pending(self) -> bytes:
        parts = []
        try:
            while True:
                parts.append(self._connection.bio_read(_CHUNK))
        except SSL.WantReadError:
            return b"".join(parts)

    def _require_group(self) -> None:
        """As soon as the group is known: before our certificate, or any octet of ours, goes out in it."""
        group = self.group
        if not group or self._policy.allows(group):
            return
        self._pending()
        self._alert = _HANDSHAKE_FAILURE if self._server_side else b""
        self.ended = True
        _log.warning("tls-group-classical peer=%s group=%s", self._peer, group)
        message = "The keys of the TLS connection would not be safe from quantum computers."
        hint = "Both sides need the group X25519MLKEM768."
        raise TrustError("tls-group-classical", message, where=self._peer, hint=hint)

    def _refused(self, error: SSL.Error) -> TrustError:
        self.ended = True
        reason = self._judgement.reason or _reason(error)
        _log.warning("tls-refused peer=%s reason=%s", self._peer, reason)
        message = "The TLS connection was refused."
        return TrustError("tls-refused", message, where=self._peer, hint=_REFUSED_HINT)


def _reason(error: SSL.Error) -> str:
    match error.args:
        case ([(_, _, str(reason)), *_],) if reason:
            return reason.replace(" ", "-")
        case _:
            return "broken-off"
