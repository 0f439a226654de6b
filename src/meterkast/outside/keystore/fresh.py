"""A TLS context that is made anew whenever the trust folder changes, so that a revocation is seen at once."""

import ssl
import threading

from meterkast.outside.keystore.software import SoftwareKeystore
from meterkast.outside.trust import TrustFolder, Version


class FreshContext:
    """Call it for every connection; it gives the context for the trust folder as it is. Safe in threads."""

    def __init__(
        self, keystore: SoftwareKeystore, label: str, *, trust: TrustFolder, server_side: bool
    ) -> None:
        self._keystore = keystore
        self._label = label
        self._trust = trust
        self._server_side = server_side
        self._lock = threading.Lock()
        self._made: tuple[Version, ssl.SSLContext] | None = None

    def __call__(self) -> ssl.SSLContext:
        """The context; raises as ``SoftwareKeystore.tls_context`` does."""
        with self._lock:
            version = self._trust.version()
            if self._made is None or self._made[0] != version:
                context = self._keystore.tls_context(
                    self._label, trust=self._trust, server_side=self._server_side
                )
                self._made = version, context
            return self._made[1]
