"""Power that can fail at any write: a gateway's keystore, trust folder and journal on a mains."""

from collections.abc import Iterable

from cryptography import x509

from meterkast.outside.journal import HandedIn, Journal
from meterkast.outside.keystore import KeyKind, SoftwareKeystore
from meterkast.outside.trust import TrustFolder


class PowerCutError(Exception):
    """The process is gone; nothing of the gateway may catch this."""


class Mains:
    """Counts the moments at which a gateway is between two states, and fails at the one it was told."""

    def __init__(self) -> None:
        self._left: int | None = None

    def cut_at(self, moment: int | None) -> None:
        """The power fails at the n-th moment from now, or not at all."""
        self._left = moment

    def moment(self) -> None:
        """Before and after every write, and between an answer of the PKI and its use.

        Raises:
            PowerCutError: it is this one.
        """
        if self._left is None:
            return
        self._left -= 1
        if self._left <= 0:
            self._left = None
            raise PowerCutError


class PoweredKeystore(SoftwareKeystore):
    """A keystore on a mains."""

    mains: Mains

    def generate(self, label: str, kind: KeyKind) -> None:
        """As any keystore does."""
        self.mains.moment()
        super().generate(label, kind)
        self.mains.moment()

    def put_certificate(self, label: str, chain: list[x509.Certificate]) -> None:
        """As any keystore does."""
        self.mains.moment()
        super().put_certificate(label, chain)
        self.mains.moment()

    def destroy(self, label: str) -> None:
        """As any keystore does."""
        self.mains.moment()
        super().destroy(label)
        self.mains.moment()


class PoweredTrust(TrustFolder):
    """A trust folder on a mains."""

    mains: Mains

    def publish(
        self, name: str, contents: Iterable[x509.Certificate | x509.CertificateRevocationList]
    ) -> None:
        """As any trust folder does."""
        self.mains.moment()
        super().publish(name, contents)
        self.mains.moment()


class PoweredJournal(Journal):
    """A journal on a mains."""

    mains: Mains

    def put(
        self,
        counter: int,
        created: int,
        octets: bytes,
        *,
        handed_in: Iterable[HandedIn] = (),
        events_through: int = 0,
    ) -> None:
        """As any journal does; before it, the counter has been spent."""
        self.mains.moment()
        super().put(counter, created, octets, handed_in=handed_in, events_through=events_through)
        self.mains.moment()

    def confirm(self, counter: int, now: int) -> bool:
        """As any journal does; before it, the head-end has confirmed."""
        self.mains.moment()
        return super().confirm(counter, now)
