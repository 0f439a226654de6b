"""What a ceremony can do, by the names that scripts use. Each gives what went in and what came out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from meterkast.model.errors import DataError
from meterkast.pki.ceremony.card import new_card
from meterkast.pki.ceremony.quorum import SECRET, Quorum
from meterkast.pki.ceremony.stage import QUORUM, Stage, pem
from meterkast.pki.ceremony.token import take_token
from meterkast.pki.issuer import Issuer
from meterkast.pki.log.files import sync, write_whole
from meterkast.pki.root import LABEL, LIST_ADDRESS, Root
from meterkast.protocols.merkle import LogKey

_MAX_REQUEST = 1 << 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a step used and made, by name, and what else is worth keeping."""

    inputs: dict[str, bytes] = field(default_factory=dict)
    outputs: dict[str, bytes] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)


def take_the_token(stage: Stage) -> Outcome:
    """Cards for all holders, the secret divided over them, and the token under PINs that follow from it."""
    stage.cards = {holder: new_card(holder, stage.entropy) for holder in stage.roster.holders}
    secret = stage.entropy(SECRET)
    quorum = Quorum.divide(
        secret,
        {name: (card.secret, card.public_key) for name, card in stage.cards.items()},
        needs=stage.script.needs,
        ceremony=stage.entropy(32),
    )
    for holder, card in stage.cards.items():
        path = stage.card_path(holder)
        passphrase = stage.people.new_passphrase(holder)
        write_whole(path, card.lock(passphrase, stage.entropy), mode=0o600)
        sync(path.parent)
    stage.publish({QUORUM: quorum.encode()})
    serial = take_token(stage.place, secret)
    stage.open_token()
    holders = {name: key.hex() for name, key in quorum.holders.items()}
    return Outcome(
        outputs={QUORUM: quorum.encode()},
        details={"holders": holders, "needs": quorum.needs, "token": stage.place.label, "serial": serial},
    )


def make_the_root(stage: Stage) -> Outcome:
    """The root's key, made in the token, and its certificate by itself."""
    root = Root.create(stage.token(), operator=stage.operator, now=stage.clock(), rules=stage.rules)
    made = {"root.pem": pem(root.certificate), "root.key.der": _spki(stage.token().public_key(LABEL))}
    stage.publish(made)
    return Outcome(outputs=made)


def certify_the_authorities(stage: Stage) -> Outcome:
    """A certificate for every authority that the script names, by its request."""
    root, now = Root(stage.token(), stage.rules), stage.clock()
    requests = {label: _request(stage, label) for label in stage.script.authorities}
    made = {}
    for label, (_, key) in requests.items():
        shards = stage.rules.authorities[label].shards
        lists = f"{LIST_ADDRESS}{label}.crl" if shards == 1 else None
        certificate = root.certify(
            key, operator=stage.operator, name=label, label=label, now=now, lists=lists
        )
        made[f"{label}.pem"] = pem(certificate)
    stage.publish(made)
    return Outcome(inputs={f"{label}.csr": octets for label, (octets, _) in requests.items()}, outputs=made)


def sign_the_lists(stage: Stage) -> Outcome:
    """Empty revocation lists of the root, each beginning before the one before it ends."""
    profile, now = stage.rules.authorities[LABEL], stage.clock()
    issuer = Issuer(stage.token(), LABEL, profile, rules=stage.rules)
    apart = profile.list_life - timedelta(days=stage.script.list_overlap_days)
    made = {}
    for count in range(stage.script.lists):
        number, begin = int(now.timestamp() * 1000) + count, now + count * apart
        signed = issuer.revocation_list((), number=number, begin=begin, now=now)
        made[f"root.{count}.crl.pem"] = pem(signed)
    stage.publish(made)
    return Outcome(outputs=made)


def test_the_cards(stage: Stage) -> Outcome:
    """Every card is opened anew from its file, and the token with them."""
    stage.dismiss()
    stage.gather("all")
    stage.open_token()
    return Outcome(inputs={QUORUM: stage.out(QUORUM).read_bytes()})


def close_the_token(stage: Stage) -> Outcome:
    """The token asks for a quorum from here on."""
    stage.close_token()
    return Outcome()


ACTIONS: dict[str, Callable[[Stage], Outcome]] = {
    "take-token": take_the_token,
    "make-root": make_the_root,
    "certify-authorities": certify_the_authorities,
    "sign-lists": sign_the_lists,
    "test-cards": test_the_cards,
    "close-token": close_the_token,
}


def _request(stage: Stage, label: str) -> tuple[bytes, LogKey]:
    """A request as it stands in its file, and the key that has signed it."""
    path = stage.requests / f"{label}.csr"
    try:
        octets = path.read_bytes()[: _MAX_REQUEST + 1]
        load = x509.load_pem_x509_csr if octets.startswith(b"-----") else x509.load_der_x509_csr
        request = load(octets)
        key, proven = request.public_key(), request.is_signature_valid
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as cause:
        raise _unusable(label) from cause
    if not proven or not isinstance(key, LogKey):
        raise _unusable(label)
    return octets, key


def _spki(key: LogKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _unusable(label: str) -> DataError:
    message = "The certification request of an authority is missing, or not proven by its key."
    return DataError("ceremony-request-unusable", message, where=f"{label}.csr")
