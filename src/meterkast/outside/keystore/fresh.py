"""A TLS context that is made anew whenever the trust folder changes, so that a revocation is seen at once."""

import threading

from meterkast.outside.keystore.keystore import Keystore
from meterkast.outside.tls import HYBRID_ONLY, TlsContext, TlsPolicy
from meterkast.outside.trust import TrustFolder, Version


class FreshContext:
    """Call it for every connection; it gives the context for the trust folder as it is. Safe in threads."""

    def __init__(
        self,
        keystore: Keystore,
        label: str,
        *,
        trust: TrustFolder,
        server_side: bool,
        policy: TlsPolicy = HYBRID_ONLY,
    ) -> None:
        self._keystore = keystore
        self._label = label
        self._trust = trust
        self._server_side = server_side
        self._policy = policy
        self._lock = threading.Lock()
        self._made: tuple[Version, TlsContext] | None = None

    def __call__(self) -> TlsContext:
        """The context; raises as ``Keystore.tls_context`` does."""
        with self._lock:
            version = self._trust.version()
            if self._made is None or self._made[0] != version:
                context = self._keystore.tls_context(
                    self._label, trust=self._trust, server_side=self._server_side, policy=self._policy
                )
                self._made = version, context
            return self._made[1]
