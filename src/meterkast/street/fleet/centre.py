"""The operator's centre: admits a gateway, takes its envelopes, accounts for every day of readings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.headend.admission import Admission
from meterkast.model.errors import TrustError
from meterkast.protocols.envelope import Envelope, parse
from meterkast.protocols.x509 import PathCache, Purpose, Rules, key_id
from meterkast.protocols.x509.generation import generations
from meterkast.protocols.x509.renewal import RENEWAL_GRACE
from meterkast.street.fleet.days import Day, decode_days
from meterkast.street.fleet.ledger import Ledger
from meterkast.street.fleet.operator import Operator
from meterkast.street.fleet.plan import OPERATOR


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


class Centre:
    """Head-end and intake in one, as far as certificates and envelopes go."""

    def __init__(self, operator: Operator, ledger: Ledger, rules: Rules) -> None:
        self._operator = operator
        self._ledger = ledger
        self._signers: dict[bytes, bytes] = {}
        self._registered = 0
        self._own: dict[bytes, str] = {}
        self.accounts: dict[str, Account] = {}
        self.believe(rules)

    def believe(self, rules: Rules) -> None:
        """From now on by these rules."""
        self._paths = PathCache(self._operator.trust, rules=rules)

    def take(self, peer: bytes, octets: bytes, now: datetime) -> None:
        """Returns where an envelope is confirmed and its days are in the books.

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
            return
        if before is not None:
            raise TrustError("envelope-counter-clash", "The envelope is not accepted.")
        days = self._examine(envelope, now)
        account.envelopes[counter] = digest
        account.days |= {day.number: day.flags | account.days.get(day.number, 0) for day in days}
        self._ledger.count("envelopes-accepted")
        self._ledger.count("readings-accepted", len(days))

    def _examine(self, envelope: Envelope, now: datetime) -> list[Day]:
        """What the intake does. An envelope that waited may be signed by a certificate that ended meanwhile:
        it counts as long as the gateway could still renew, and the gateway who brings it has renewed.
        """
        header = envelope.header
        signer = self._paths.validate(
            self._signer(header.signer), now, Purpose.SIG, tenant=OPERATOR, grace=RENEWAL_GRACE
        )
        if signer.title != header.gateway or header.operator != OPERATOR:
            raise TrustError("envelope-identity-mismatch", "The envelope is not accepted.")
        envelope.verify(signer.certificate.public_key())
        own = self._own_keys()
        named = [recipient.key_id for recipient in envelope.recipients]
        if not set(named) <= own.keys():
            raise TrustError("envelope-recipient-foreign", "The envelope is not accepted.")
        reader, label = self._operator.reader, own[named[0]]
        return decode_days(envelope.open(lambda *sealed: reader.unseal(label, *sealed), named[0]))

    def _signer(self, wanted: bytes) -> bytes:
        for issued in self._operator.journal[self._registered :]:
            if issued.purpose is Purpose.SIG:
                certificate = issued.certificate
                self._signers[key_id(certificate)] = certificate.public_bytes(Encoding.DER)
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
