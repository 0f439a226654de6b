"""The way to the operator's PKI: enrolment over TLS, what is signed anyway over plain HTTP."""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from meterkast.gateway.pki_address import EstAddress
from meterkast.outside.https import Ask, visit
from meterkast.outside.keystore import Keystore
from meterkast.outside.plain_http import get
from meterkast.outside.trust import TrustFolder

_LIMIT = 1 << 24
_TIMEOUT = 10.0
_log = logging.getLogger("meterkast.gateway")


class PkiLine(Protocol):
    """How a gateway reaches enrolment and lists."""

    def visit(
        self, keystore: Keystore, identity: str, trust: TrustFolder, address: EstAddress
    ) -> AbstractContextManager[Ask]:
        """An open connection to the enrolment server, ours by the certificate under ``identity``.

        Raises:
            UnreachableError, TrustError, PeerError: as ``https.visit`` does.
            LocalError: as ``Keystore.tls_context`` does.
        """
        ...

    def fetch(self, address: tuple[str, int], path: str) -> bytes | None:
        """What stands under a path of the list server; None where it cannot be had."""
        ...


class NetworkLine:
    """Over TCP."""

    @contextmanager
    def visit(
        self, keystore: Keystore, identity: str, trust: TrustFolder, address: EstAddress
    ) -> Iterator[Ask]:
        """As ``PkiLine`` says."""
        context = keystore.tls_context(identity, trust=trust, server_side=False)
        with visit((address.host, address.port), context=context, server_name=address.server_name) as ask:
            yield ask

    def fetch(self, address: tuple[str, int], path: str) -> bytes | None:
        """As ``PkiLine`` says."""
        body = get(address, path, limit=_LIMIT, seconds=_TIMEOUT)
        if body is None:
            _log.warning("gateway-list-not-fetched path=%s", path)
        return body


NETWORK = NetworkLine()
