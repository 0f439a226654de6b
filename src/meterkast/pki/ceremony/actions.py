"""What a ceremony can do, by the names that scripts use. Each gives what went in and what came out."""

from collections.abc import Callable

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from meterkast.pki.ceremony import day
from meterkast.pki.ceremony.card import new_card
from meterkast.pki.ceremony.deed import Deed
from meterkast.pki.ceremony.listing import sign_ahead
from meterkast.pki.ceremony.quorum import SECRET, Quorum
from meterkast.pki.ceremony.request import read_request
from meterkast.pki.ceremony.stage import QUORUM, Stage, pem
from meterkast.pki.ceremony.token import take_token
from meterkast.pki.log.files import sync, write_whole
from meterkast.pki.root import LABEL, LIST_ADDRESS, Root
from meterkast.protocols.merkle import LogKey


def take_the_token(stage: Stage) -> Deed:
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
    return Deed(
        outputs={QUORUM: quorum.encode()},
        details={"holders": holders, "needs": quorum.needs, "token": stage.place.label, "serial": serial},
    )


def make_the_root(stage: Stage) -> Deed:
    """The root's key, made in the token, and its certificate by itself."""
    root = Root.create(
        stage.token(),
        operator=stage.operator,
        now=stage.clock(),
        rules=stage.rules,
        development=stage.is_rehearsal,
    )
    made = {"root.pem": pem(root.certificate), "root.key.der": _spki(stage.token().public_key(LABEL))}
    stage.publish(made)
    return Deed(outputs=made)


def certify_the_authorities(stage: Stage) -> Deed:
    """A certificate for every authority that the script names, by its request."""
    root, now = Root(stage.token(), stage.rules), stage.clock()
    requests = {label: read_request(stage.requests / f"{label}.csr") for label in stage.script.authorities}
    made = {}
    for label, (_, key) in requests.items():
        shards = stage.rules.authorities[label].shards
        lists = f"{LIST_ADDRESS}{label}.crl" if shards == 1 else None
        certificate = root.certify(
            key, operator=stage.operator, name=label, label=label, now=now, lists=lists
        )
        made[f"{label}.pem"] = pem(certificate)
    stage.publish(made)
    return Deed(inputs={f"{label}.csr": octets for label, (octets, _) in requests.items()}, outputs=made)


def sign_the_lists(stage: Stage) -> Deed:
    """Revocation lists of the root; of a new one they are empty."""
    made = sign_ahead(stage, Root(stage.token(), stage.rules), {})
    stage.publish(made)
    return Deed(outputs=made)


def test_the_cards(stage: Stage) -> Deed:
    """Every card is opened anew from its file, and the token with them."""
    stage.dismiss()
    stage.gather("all")
    stage.open_token()
    return Deed(inputs={QUORUM: stage.out(QUORUM).read_bytes()})


def close_the_token(stage: Stage) -> Deed:
    """The token asks for a quorum from here on."""
    stage.close_token()
    return Deed()


ACTIONS: dict[str, Callable[[Stage], Deed]] = {
    "take-token": take_the_token,
    "make-root": make_the_root,
    "certify-authorities": certify_the_authorities,
    "sign-lists": sign_the_lists,
    "test-cards": test_the_cards,
    "close-token": close_the_token,
    "recall-root": day.recall_the_root,
    "read-requests": day.read_the_requests,
    "make-next-root": day.make_the_next_root,
    "certify-requested": day.certify_the_requested,
    "sign-lists-anew": day.sign_the_lists_anew,
}


def _spki(key: LogKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
