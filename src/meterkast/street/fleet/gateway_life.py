"""A gateway in the simulation: what it has on its disk, and what it does when it is looked at."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.gateway.communication import Communication
from meterkast.gateway.enrol import PURPOSES, Enrolment
from meterkast.gateway.gateway import DAYS_IN_BUFFER, journal_path
from meterkast.gateway.holdings import current
from meterkast.gateway.pki_address import EstAddress, PkiAddress
from meterkast.gateway.sealing import Sealer
from meterkast.gateway.settings import GatewaySettings, HeadEndAddress
from meterkast.gateway.upkeep import Upkeep
from meterkast.model.errors import PeerError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.outside.entropy import system_entropy
from meterkast.outside.journal import HandedIn
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.site import HEADEND_NAME, PKI_NAME
from meterkast.protocols.x509 import Purpose, Rules, validate
from meterkast.protocols.x509.renewal import RENEWAL_GRACE
from meterkast.street.fleet.centre import Centre
from meterkast.street.fleet.days import CLOCK, Day, encode_days
from meterkast.street.fleet.ledger import Ledger
from meterkast.street.fleet.line import VirtualLine
from meterkast.street.fleet.plan import OPERATOR, START
from meterkast.street.fleet.power import Mains, PoweredJournal, PoweredKeystore, PoweredTrust

MODULE = "KFM0000000000001"
_NOWHERE = ("", 0)
_PKI = PkiAddress(est=EstAddress(host="", port=0, server_name=PKI_NAME), lists=_NOWHERE)
_NOTICEABLE = timedelta(seconds=30)
"""Clocks that differ by more than this are not set to the same time."""


class GatewayLife:
    """One gateway, from its first day.

    Attributes:
        title: its system title.
        mains: what feeds it.
        rules: profiles and algorithms that it believes.
        renewals: how often its TLS certificate was followed by another.
        roots: common names of the roots below which its certificates hung.
        first: the number of the first day that it measured.
        stolen: its first keys, as somebody has copied them.
    """

    def __init__(self, number: int, folder: Path, ledger: Ledger, rules: Rules, first: int) -> None:
        self.title = SystemTitle.of("MKG", number + 1)
        self.mains = Mains()
        self.rules = rules
        self.renewals = 0
        self.visits = 0
        self.roots: set[str] = set()
        self.first = first
        self._ledger = ledger
        self._was_troubled = False
        own = folder / "gateways" / str(self.title)
        self.settings = GatewaySettings(
            title=self.title,
            operator=OPERATOR,
            folder=own,
            trust=own / "trust",
            headend=HeadEndAddress(host="", port=0, server_name=HEADEND_NAME),
            pki=_PKI,
        )
        self.stolen = SoftwareKeystore(own / "stolen")
        self.start()

    def start(self) -> None:
        """From what is on its disk; as after a power cut."""
        self.keystore = PoweredKeystore(self.settings.folder / "keystore")
        self.trust = PoweredTrust(self.settings.trust)
        self.keystore.mains = self.trust.mains = self.mains
        self.believe(self.rules)

    def believe(self, rules: Rules) -> None:
        """From now on by these rules."""
        self.rules = rules
        self._sealer = Sealer(self.settings, self.keystore, self.trust, system_entropy, rules)

    def journal(self) -> PoweredJournal:
        """Its journal, opened; the caller closes it."""
        journal = PoweredJournal(journal_path(self.settings.folder))
        journal.mains = self.mains
        return journal

    def tls(self) -> bytes:
        """Its TLS certificate in use, in DER."""
        return self.keystore.certificate(current(self.keystore, Purpose.TLS))[0].public_bytes(Encoding.DER)

    def first_ended(self, now: datetime) -> bool:
        """Whether its first certificate ended so long ago that it is good for nothing any more."""
        return now > self.stolen.certificate(Purpose.TLS)[0].not_valid_after_utc + RENEWAL_GRACE

    def learn(self, published: TrustFolder) -> None:
        """Its first trust: a copy of what the operator has published, given to it where it is installed."""
        shutil.copytree(published.path, self.settings.trust)

    def enrol(self, line: VirtualLine) -> None:
        """Its first certificates."""
        enrolment = Enrolment(
            title=self.title, keystore=self.keystore, trust=self.trust, address=_PKI, line=line
        )
        enrolment.enrol(line.own)
        self._note_root()
        shutil.copytree(self.keystore.folder, self.stolen.folder, dirs_exist_ok=True)

    def labels(self) -> set[str]:
        """Of everything that has a certificate."""
        return self.keystore.certified()

    def collect(self, now: datetime, own: datetime) -> list[Day]:
        """Seals the days that are over, and gives them. The module keeps them for ten days, and no longer."""
        self.visits += 1
        days: list[Day] = []
        journal = self.journal()
        try:
            today = (now - START).days
            span = journal.handed_in_span(MODULE)
            following = self.first if span is None else (span[1] - START.date()).days + 1
            if self._was_troubled:
                following = max(following, today - DAYS_IN_BUFFER)
            if following < today:
                flags = CLOCK if abs(own - now) > _NOTICEABLE else 0
                days = [Day(number, flags) for number in range(following, today)]
                self._seal(journal, days, own)
            self._was_troubled = False
        except (TrustError, PeerError) as error:
            days, self._was_troubled = [], True
            self._ledger.count(f"not-sealed {error.code}")
        finally:
            journal.close()
        return days

    def _seal(self, journal: PoweredJournal, days: list[Day], own: datetime) -> None:
        counter, created = journal.reserve(), int(own.timestamp())
        envelope = self._sealer.seal(encode_days(days), counter=counter, created=created, now=own)
        last = START.date() + timedelta(days=days[-1].number)
        journal.put(counter, created, envelope, handed_in=[HandedIn(device=MODULE, day=last, whole=True)])

    def keep_up(self, line: VirtualLine, own: datetime) -> None:
        """Old keys, lists, roots, recipient and certificates; raises as ``Upkeep.step`` does."""
        upkeep = Upkeep(
            self.title, self.keystore, self.trust, _PKI, operator=OPERATOR, line=line, rules=self.rules
        )
        before = {purpose: current(self.keystore, purpose) for purpose in PURPOSES}
        self._ledger.count("keys-destroyed", len(upkeep.prune(own)))
        try:
            upkeep.step(own)
        finally:
            self._account_for(before)

    def _account_for(self, before: dict[Purpose, str]) -> None:
        for purpose, label in before.items():
            now = current(self.keystore, purpose)
            if now == label or now not in self.keystore.certified():
                continue
            self._ledger.count(f"renewed-{purpose}")
            if purpose is Purpose.TLS:
                self.renewals += 1
                self._note_root()
                self.keystore.tls_context(now, trust=self.trust, server_side=False)

    def _note_root(self) -> None:
        issuer = self.keystore.certificate(current(self.keystore, Purpose.TLS))[1].issuer
        self.roots.add(issuer.rfc4514_string())

    def deliver(self, line: VirtualLine, centre: Centre, now: datetime) -> set[str]:
        """Hands in what waits; gives the codes for which the centre has kept some of it and not used it yet.

        Raises:
            TrustError: ``https-tls-refused`` from its own side of the handshake, or the centre's refusal.
            PeerError: the centre's refusal.
        """
        journal, doubts = self.journal(), set[str]()
        try:
            if journal.pending(1):
                line.believe_server(self.trust, HEADEND_NAME)
            while waiting := journal.pending():
                for envelope in waiting:
                    doubt = centre.take(self.tls(), envelope.octets, now)
                    doubts |= {doubt} if doubt else set()
                    journal.confirm(envelope.counter, int(now.timestamp()))
        finally:
            journal.close()
        return doubts

    def obeys(self, order: bytes, own: datetime) -> bool:
        """Whether it does what an order says; False where it does not believe its certificate."""
        journal = self.journal()
        try:
            communication = Communication(self.settings, self.keystore, self.trust, journal, self.rules)
            communication.obey(order, at=int(own.timestamp()), now=own)
        except TrustError as error:
            if not error.code.startswith("certificate-"):
                raise
            return False
        finally:
            journal.close()
        return True

    def require_whole(self, now: datetime) -> None:
        """Raises where a purpose has no key with a certificate that counts, or may still renew.

        Lists that are out of date are no fault of its own: it fetches them first of all.
        """
        for purpose in PURPOSES:
            label = current(self.keystore, purpose)
            if purpose is not Purpose.ENC:
                self.keystore.sign(label, b"still at work")
            try:
                validate(
                    self.keystore.certificate(label)[0],
                    self.trust.intermediates(),
                    self.trust.anchors(),
                    self.trust.crls(),
                    now,
                    purpose,
                    rules=self.rules,
                    grace=RENEWAL_GRACE,
                )
            except TrustError as error:
                if error.code != "certificate-revocation-unknown":
                    raise
