"""A TLS context made anew whenever trust folder or key change: a revocation, a renewal is seen at once."""

import threading
from collections.abc import Callable

from meterkast.outside.keystore.keystore import Keystore
from meterkast.outside.tls import HYBRID_ONLY, TlsContext, TlsPolicy
from meterkast.outside.trust import TrustFolder, Version


class FreshContext:
    """Call it for every connection; it gives the context for the trust folder as it is. Safe in threads.

    ``label`` is that of the key, or what gives it: for a key that is followed by others (``tls-g2``).
    """

    def __init__(
        self,
        keystore: Keystore,
        label: str | Callable[[], str],
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
        self._made: tuple[str, Version, TlsContext] | None = None

    def __call__(self) -> TlsContext:
        """The context; raises as ``Keystore.tls_context`` does."""
        with self._lock:
            label = self._label() if callable(self._label) else self._label
            version = self._trust.version()
            if self._made is None or self._made[:2] != (label, version):
                context = self._keystore.tls_context(
                    label, trust=self._trust, server_side=self._server_side, policy=self._policy
                )
                self._made = label, version, context
            return self._made[2]
