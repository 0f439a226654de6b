"""Where a ceremony takes place: its folder, its people, and what lives no longer than it does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import LocalError, TrustError
from meterkast.outside.entropy import Entropy, system_entropy
from meterkast.outside.keystore import Pkcs11Keystore
from meterkast.pki.ceremony.card import Card, open_card, wrong_holder
from meterkast.pki.ceremony.outcome import CeremonyOutcome
from meterkast.pki.ceremony.people import People, Roster
from meterkast.pki.ceremony.quorum import Quorum, parse_quorum, too_few
from meterkast.pki.ceremony.script import Script
from meterkast.pki.ceremony.token import TokenPlace, open_token
from meterkast.pki.ceremony.wanted import WANTED, Wanted, parse_wanted
from meterkast.pki.log.files import sync, write_whole
from meterkast.pki.root import LABEL
from meterkast.pki.ruling import rules_of
from meterkast.protocols.x509 import Rules
from meterkast.protocols.x509.generation import generations

QUORUM = "quorum.json"
TRANSCRIPT = "transcript.jsonl"
OUT, CARDS = "out", "cards"


@dataclass(kw_only=True)
class Stage:
    """All that the steps work with.

    Attributes:
        folder: ``transcript.jsonl``, ``cards/`` and, in ``out/``, what everybody may have.
        operator: whose PKI it is.
        script: what is done.
        roster: who is to be there.
        people: how they are asked.
        place: where the token is.
        requests: folder of the authorities' certification requests, ``NAME.csr`` in PEM or DER; on a
            root day with ``wanted.toml``.
        clock: real time, or virtual in a rehearsal.
        entropy: randomness, or what stands for it in a rehearsal.
        is_rehearsal: whether the root that is made is for no production, and says so (AT-45).
        before: what the last ceremony under the same root has made; None for the one that makes the root.
        cards: cards that are open now.
        keystore: the token, while it is open.
    """

    folder: Path
    operator: str
    script: Script
    roster: Roster
    people: People
    place: TokenPlace
    requests: Path
    clock: Callable[[], datetime]
    entropy: Entropy = system_entropy
    is_rehearsal: bool = False
    before: CeremonyOutcome | None = None
    cards: dict[str, Card] = field(default_factory=dict)
    keystore: Pkcs11Keystore | None = None

    @property
    def rules(self) -> Rules:
        """Certificate profiles: those of the package, and over them those that a root day was given.

        Raises:
            DataError: ``rules-malformed``.
        """
        return rules_of(self.folder / OUT)

    def has_quorum(self) -> bool:
        """Whether the holders have their cards already."""
        return self.before is not None or self.out(QUORUM).exists()

    def quorum(self) -> Quorum:
        """How the holders open the token together.

        Raises:
            DataError: ``ceremony-quorum-malformed``.
        """
        return self.before.quorum if self.before else parse_quorum(self.out(QUORUM).read_bytes())

    def wanted(self) -> Wanted:
        """What a root day is to do, as it was read out; nothing for the ceremony that makes the root.

        Raises:
            DataError: ``ceremony-wanted-malformed``.
        """
        return parse_wanted(self.out(WANTED).read_bytes()) if self.before else Wanted()

    def authorities(self) -> tuple[str, ...]:
        """How the files of the authorities are called that this ceremony certifies."""
        return (*self.script.authorities, *(each.stem for each in self.wanted().certify))

    def token(self) -> Pkcs11Keystore:
        """The open token.

        Raises:
            TrustError: ``ceremony-token-closed``.
        """
        if self.keystore is None:
            raise TrustError("ceremony-token-closed", "The token is closed.")
        return self.keystore

    def gather(self, present: str) -> None:
        """Opens the cards of all holders, or of a quorum, as far as they are not open.

        Raises:
            TrustError: ``ceremony-too-few-holders``, or ``ceremony-holder-wrong`` with the name.
        """
        quorum = self.quorum()
        needed = len(quorum.holders) if present == "all" else quorum.needs
        here = [name for name in self.people.present(tuple(quorum.holders)) if name in quorum.holders]
        if len(here) < needed:
            raise too_few(needed, len(here))
        for holder in here[: needed if present == "quorum" else None]:
            if holder not in self.cards:
                self.cards[holder] = self._open(holder, quorum)

    def require_all(self) -> None:
        """Returns where every holder is here; raises TrustError ``ceremony-too-few-holders``."""
        here = set(self.people.present(self.roster.holders)) & set(self.roster.holders)
        if len(here) < len(self.roster.holders):
            raise too_few(len(self.roster.holders), len(here))

    def open_token(self) -> None:
        """Opens the token with the cards at hand; raises as ``gather`` and the keystore do."""
        self.close_token()
        secrets = {name: card.secret for name, card in self.cards.items()}
        self.keystore = open_token(self.place, self.quorum().open(secrets))

    def close_token(self) -> None:
        """Logs out of the token."""
        if self.keystore is not None:
            self.keystore.close()
            self.keystore = None

    def dismiss(self) -> None:
        """Closes everything; whatever comes next needs the holders anew."""
        self.close_token()
        self.cards.clear()

    def card_path(self, holder: str) -> Path:
        """Where a holder's card is: in a place of the holder's own, or to be taken away from the folder."""
        number = self.roster.holders.index(holder) + 1
        return self.roster.cards.get(holder, self.folder / CARDS / f"{number}.card")

    def out(self, name: str) -> Path:
        """Where something public stands."""
        return self.folder / OUT / name

    def publish(self, made: dict[str, bytes]) -> None:
        """Writes what everybody may have, on disk before it returns."""
        for name, octets in made.items():
            write_whole(self.out(name), octets)
        sync(self.folder / OUT)

    def roots(self) -> dict[str, x509.Certificate]:
        """Roots by name, oldest first; raises as ``certificate`` does."""
        stems = {path.name.removesuffix(".pem") for path in (self.folder / OUT).glob(f"{LABEL}*.pem")}
        return {name: self.certificate(f"{name}.pem") for name in generations(stems, LABEL)}

    def newest_root(self) -> x509.Certificate:
        """The root that signs; raises as ``certificate`` does."""
        return self.certificate(f"{(list(self.roots()) or [LABEL])[-1]}.pem")

    def certificate(self, name: str) -> x509.Certificate:
        """A certificate that this ceremony has made.

        Raises:
            LocalError: ``ceremony-output-missing``.
        """
        try:
            return x509.load_pem_x509_certificate(self.out(name).read_bytes())
        except (OSError, ValueError) as cause:
            message = "What an earlier step has made is not there."
            raise LocalError("ceremony-output-missing", message, where=name) from cause

    def _open(self, holder: str, quorum: Quorum) -> Card:
        try:
            octets = self.card_path(holder).read_bytes()
        except OSError as cause:
            raise wrong_holder(holder) from cause
        card = open_card(octets, holder, self.people.passphrase(holder))
        if card.public_key != quorum.holders[holder]:
            raise wrong_holder(holder)
        return card


def pem(certificate: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    """As files hold it."""
    return certificate.public_bytes(Encoding.PEM)
