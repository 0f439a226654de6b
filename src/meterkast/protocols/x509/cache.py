"""Believing once: a judgement is kept for as long as it holds, and no longer."""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from cryptography import x509

from meterkast.model.errors import PeerError
from meterkast.protocols.x509.foreign import read_certificate
from meterkast.protocols.x509.path import Told, ValidatedCertificate, validate
from meterkast.protocols.x509.profile import RULES, Purpose, Rules
from meterkast.protocols.x509.refusal import refusal

_Key = tuple[bytes, Purpose, str | None, timedelta]
_NO_GRACE = timedelta(0)


class Trust(Protocol):
    """What to judge against; ``version`` is another one as soon as anything else is."""

    def version(self) -> Hashable:
        """Cheap enough to ask every time."""

    def anchors(self) -> Sequence[x509.Certificate]:
        """The roots."""

    def intermediates(self) -> Sequence[x509.Certificate]:
        """The issuing authorities."""

    def crls(self) -> Sequence[x509.CertificateRevocationList]:
        """The revocation lists."""


class PathCache:
    """Certificates that were believed, by their octets, purpose and tenant.

    A judgement is given again only while the trust it was made with is the same and the time is within its
    window: before a list, a certificate or an algorithm in it ends, and before another list begins. A
    refusal is never kept. Not for use by several threads at once.

    Args:
        trust: roots, authorities and lists.
        capacity: how many judgements are kept; the one not asked for longest goes first.
        rules: profiles and algorithms.
        told: as for ``path.validate``; it is not asked while an earlier judgement holds.
    """

    def __init__(
        self, trust: Trust, *, capacity: int = 1 << 16, rules: Rules = RULES, told: Told | None = None
    ) -> None:
        self._trust = trust
        self._told = told
        self._capacity = capacity
        self._rules = rules
        self._version: Hashable = None
        self._kept: OrderedDict[_Key, ValidatedCertificate] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def validate(
        self,
        certificate: bytes,
        now: datetime,
        purpose: Purpose,
        *,
        tenant: str | None = None,
        chain: Sequence[x509.Certificate] = (),
        grace: timedelta = _NO_GRACE,
    ) -> ValidatedCertificate:
        """As ``path.validate``, for a certificate in DER; ``chain`` adds authorities to those of the trust.

        Raises:
            TrustError: ``certificate-malformed`` for what is no certificate, or as ``path.validate`` does.
        """
        version = self._trust.version()
        if version != self._version:
            self._kept.clear()
            self._version = version
        key = certificate, purpose, tenant, grace
        kept = self._kept.get(key)
        if kept is not None and kept.window.since <= now < kept.window.until:
            self._kept.move_to_end(key)
            return kept
        self._kept.pop(key, None)
        judged = self._judge(certificate, now, purpose, tenant, chain, grace)
        self._kept[key] = judged
        if len(self._kept) > self._capacity:
            self._kept.popitem(last=False)
        return judged

    def _judge(
        self,
        certificate: bytes,
        now: datetime,
        purpose: Purpose,
        tenant: str | None,
        chain: Sequence[x509.Certificate],
        grace: timedelta,
    ) -> ValidatedCertificate:
        try:
            leaf = read_certificate(certificate)
        except PeerError as cause:
            raise refusal("certificate-malformed") from cause
        trust = self._trust
        return validate(
            leaf,
            [*chain, *trust.intermediates()],
            trust.anchors(),
            trust.crls(),
            now,
            purpose,
            tenant=tenant,
            rules=self._rules,
            grace=grace,
            told=self._told,
        )
