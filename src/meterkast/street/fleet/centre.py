"""The operator's centre: admits a gateway, takes its envelopes, accounts for every day of readings.

What is signed by a key whose certificate has ended or was revoked waits until the operator has decided: it is
from a gateway that was away or was released meanwhile, or from somebody who has an old key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.headend.admission import Admission
from meterkast.model.errors import TrustError
from meterkast.pki.issued import IssuedCertificate
from meterkast.protocols.envelope import Envelope, parse
from meterkast.protocols.x509 import PathCache, Purpose, Rules, key_id, system_title
from meterkast.protocols.x509.generation import generations
from meterkast.protocols.x509.renewal import RENEWAL_GRACE
from meterkast.street.fleet.days import CLOCK, Day, decode_days
from meterkast.street.fleet.ledger import Ledger
from meterkast.street.fleet.operator import Operator
from meterkast.street.fleet.plan import OPERATOR

_DOUBTS = frozenset(("certificate-expired", "certificate-revoked"))
_HEARS_WITHIN = timedelta(days=14)
"""So long after its release a gateway may not have heard of it, and go on sealing with the keys it has."""


class Standing:
    """A clock that shows what it was given."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> float:
        """Unix seconds."""
        return self._now.timestamp()

    async def sleep_until(self, at: float) -> None:
        """Never called here."""
        raise NotImplementedError(at)


@dataclass(slots=True)
class Account:
    """What the centre has of one gateway: flags by the number of a day, envelopes by their counter."""

    days: dict[int, int] = field(default_factory=dict)
    envelopes: dict[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An envelope that nobody has decided about, the gateway that has brought it, when, and why it waits."""

    gateway: str
    envelope: Envelope
    since: datetime
    doubt: str


class Centre:
    """Head-end and intake in one, as far as certificates and envelopes go."""

    def __init__(self, operator: Operator, ledger: Ledger, rules: Rules) -> None:
        self._operator = operator
        self._ledger = ledger
        self._signers: dict[bytes, IssuedCertificate] = {}
        self._registered = 0
        self._own: dict[bytes, str] = {}
        self._waiting: list[Waiting] = []
        self.accounts: dict[str, Account] = {}
        self.believe(rules)

    def believe(self, rules: Rules) -> None:
        """From now on by these rules."""
        self._paths = PathCache(self._operator.trust, rules=rules)

    def take(self, peer: bytes, octets: bytes, now: datetime) -> str | None:
        """Returns where an envelope is confirmed: with None where its days are in the books, or why it waits.

        Raises:
            TrustError, PeerError: the code of the refusal; nothing was taken.
        """
        title = Admission(peer, self._paths, Standing(now)).title()
        envelope = parse(octets)
        if envelope.header.gateway != title:
            raise TrustError("headend-identity-mismatch", "The envelope is not accepted.")
        account = self.accounts.setdefault(str(title), Account())
        digest, counter = sha256(octets).digest(), envelope.header.counter
        before = account.envelopes.get(counter)
        if before == digest:
            self._ledger.count("envelopes-twice")
            return None
        if before is not None:
            raise TrustError("envelope-counter-clash", "The envelope is not accepted.")
        doubt = self._doubt(envelope, now)
        if doubt is not None:
            self._waiting.append(Waiting(str(title), envelope, now, doubt))
            self._ledger.count(f"envelopes-waiting {doubt}")
        else:
            self._use(account, self._open(envelope))
        account.envelopes[counter] = digest
        return doubt

    def decide(self) -> None:
        """The operator looks at what waits, and uses or drops it."""
        for waiting in self._waiting:
            days = self._open(waiting.envelope)
            if self._may_be_used(waiting, days):
                self._use(self.accounts[waiting.gateway], days)
            else:
                self._ledger.count("envelopes-dropped")
        self._waiting.clear()

    def _may_be_used(self, waiting: Waiting, days: Sequence[Day]) -> bool:
        """Where it came soon enough; and under a revoked key, where its gateway could not know better.

        A gateway goes on sealing after its certificate has ended, for it may be its clock that is wrong.
        """
        until = self._counted_until(waiting.envelope.header.signer)
        if waiting.since >= until + RENEWAL_GRACE:
            return False
        if waiting.doubt == "certificate-expired" or all(day.flags & CLOCK for day in days):
            return True
        created = datetime.fromtimestamp(waiting.envelope.header.created, UTC)
        return created < until + _HEARS_WITHIN

    def _doubt(self, envelope: Envelope, now: datetime) -> str | None:
        """Why it is not to be used before somebody has decided; refuses what is not authentic."""
        header = envelope.header
        certificate = self._signer(header.signer).certificate
        if system_title(certificate) != header.gateway or header.operator != OPERATOR:
            raise TrustError("envelope-identity-mismatch", "The envelope is not accepted.")
        envelope.verify(certificate.public_key())
        try:
            self._paths.validate(certificate.public_bytes(Encoding.DER), now, Purpose.SIG, tenant=OPERATOR)
        except TrustError as error:
            if error.code not in _DOUBTS:
                raise
            return error.code
        return None

    def _open(self, envelope: Envelope) -> list[Day]:
        own = self._own_keys()
        named = [recipient.key_id for recipient in envelope.recipients]
        if not set(named) <= own.keys():
            raise TrustError("envelope-recipient-foreign", "The envelope is not accepted.")
        reader, label = self._operator.reader, own[named[0]]
        return decode_days(envelope.open(lambda *sealed: reader.unseal(label, *sealed), named[0]))

    def _use(self, account: Account, days: Sequence[Day]) -> None:
        account.days |= {day.number: day.flags | account.days.get(day.number, 0) for day in days}
        self._ledger.count("envelopes-accepted")
        self._ledger.count("readings-accepted", len(days))

    def _counted_until(self, signer: bytes) -> datetime:
        certificate = self._signer(signer).certificate
        holder = str(system_title(certificate))
        registered = self._operator.authority.issued(holder)
        issued = next(each for each in registered if each.certificate == certificate)
        return min(certificate.not_valid_after_utc, issued.revoked_at or certificate.not_valid_after_utc)

    def _signer(self, wanted: bytes) -> IssuedCertificate:
        for issued in self._operator.journal[self._registered :]:
            if issued.purpose is Purpose.SIG:
                self._signers[key_id(issued.certificate)] = issued
        self._registered = len(self._operator.journal)
        if wanted not in self._signers:
            raise TrustError("certificate-unknown", "The envelope is not accepted.")
        return self._signers[wanted]

    def _own_keys(self) -> Mapping[bytes, str]:
        reader = self._operator.reader
        labels = generations(reader.certified(), "enc")
        if len(labels) != len(self._own):
            self._own = {key_id(reader.certificate(label)[0]): label for label in labels}
        return self._own
