"""TLS 1.3 with certificates on both sides and hybrid post-quantum key agreement, without a wire.

Python's own ``ssl`` can neither choose nor name the group in which keys were agreed, and on OpenSSL older
than 3.5 it has no hybrid ones. So this stands on pyOpenSSL and the OpenSSL that comes with ``cryptography``.
"""

from meterkast.outside.tls.context import TlsContext
from meterkast.outside.tls.policy import HYBRID_ONLY, RENEWAL, UNLISTED, TlsPolicy
from meterkast.outside.tls.session import TlsSession

__all__ = ["HYBRID_ONLY", "RENEWAL", "UNLISTED", "TlsContext", "TlsPolicy", "TlsSession"]
