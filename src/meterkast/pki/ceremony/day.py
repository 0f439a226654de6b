"""What is done on a root day: the holders of a root that was made earlier have it sign again."""

from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes

from meterkast.model.errors import DataError, LocalError
from meterkast.pki.authority import list_address
from meterkast.pki.ceremony.deed import Deed
from meterkast.pki.ceremony.listing import sign_ahead
from meterkast.pki.ceremony.outcome import CeremonyOutcome
from meterkast.pki.ceremony.request import read_request
from meterkast.pki.ceremony.stage import QUORUM, Stage, pem
from meterkast.pki.ceremony.wanted import MAX_WANTED, WANTED, Wanted, parse_wanted
from meterkast.pki.root import LINKS, Root
from meterkast.pki.ruling import RULES_FILE, rules_of
from meterkast.protocols.x509.foreign import HOSTILE
from meterkast.protocols.x509.generation import label_of


def recall_the_root(stage: Stage) -> Deed:
    """Roots and quorum of the ceremony before are laid out, and a quorum opens the token."""
    before = _before(stage)
    made = {QUORUM: before.quorum.encode(), **_files(before.roots)}
    stage.publish(made)
    stage.open_token()
    _seat(stage, before)
    holders = {name: key.hex() for name, key in before.quorum.holders.items()}
    details = {"holders": holders, "needs": before.quorum.needs, "token": stage.place.label}
    return Deed(outputs=made, details=details)


def read_the_requests(stage: Stage) -> Deed:
    """What is wanted is read out, agreed to and laid into ``out/``; what lies there is signed later."""
    path = stage.requests / WANTED
    try:
        octets = path.read_bytes()[: MAX_WANTED + 1]
    except OSError as cause:
        hint = "`meterkast pki request` makes it."
        message = "It does not stand there what the root day is for."
        raise DataError("ceremony-wanted-missing", message, where=str(path), hint=hint) from cause
    wanted = parse_wanted(octets)
    _require_own(wanted, stage.operator)
    made = {WANTED: octets}
    made |= {
        f"{each.stem}.csr": read_request(stage.requests / f"{each.stem}.csr")[0] for each in wanted.certify
    }
    withdrawn = {name: _withdrawn(stage, name) for name in wanted.revoke}
    made |= {f"withdrawn-{name}": pem(each) for name, each in withdrawn.items()}
    made |= _rules(stage)
    stage.people.agree([*_read_out(wanted, made), *_read_out_withdrawn(withdrawn)])
    stage.publish(made)
    return Deed(outputs=made)


def make_the_next_root(stage: Stage) -> Deed:
    """Where it is wanted: one more root in the token, and what the old and the new one say for each other."""
    if not stage.wanted().next_root:
        return Deed()
    _seat(stage, _before(stage))  # a root whose making was broken off counts no more
    root = Root(stage.token(), stage.rules)
    root.roll(operator=stage.operator, now=stage.clock())
    made = _files(root.chains())
    stage.publish(made)
    return Deed(outputs=made)


def certify_the_requested(stage: Stage) -> Deed:
    """A certificate of the newest root for every authority that is wanted, by its request."""
    root, now = Root(stage.token(), stage.rules), stage.clock()
    made, inputs = {}, {}
    for each in stage.wanted().certify:
        label = label_of(each.name)
        inputs[f"{each.stem}.csr"], key = read_request(stage.out(f"{each.stem}.csr"))
        one_list = stage.rules.authorities[label].shards == 1
        certificate = root.certify(
            key,
            operator=each.operator,
            name=each.name,
            label=label,
            now=now,
            lists=f"{list_address(each.tenant)}{each.name}.crl" if one_list else None,
        )
        made[f"{each.stem}.pem"] = pem(certificate)
    stage.publish(made)
    return Deed(inputs=inputs, outputs=made)


def sign_the_lists_anew(stage: Stage) -> Deed:
    """Lists of every root, with all that was ever on them and the authorities that are to be revoked now."""
    before, root, now = _before(stage), Root(stage.token(), stage.rules), stage.clock()
    revoked = {name: before.revoked(name) for name in root.chains()}
    inputs = {}
    for name in stage.wanted().revoke:
        certificate = stage.certificate(f"withdrawn-{name}")
        inputs[f"withdrawn-{name}"] = pem(certificate)
        revoked[_root_of(stage, certificate)].setdefault(certificate.serial_number, now)
    made = sign_ahead(stage, root, revoked)
    for left in stage.out("").glob("*.crl.pem"):  # by an attempt that was broken off
        left.unlink()
    stage.publish(made)
    return Deed(inputs=inputs, outputs=made)


def _before(stage: Stage) -> CeremonyOutcome:
    if stage.before is None:
        hint = "Say with `--after` which ceremony made the root."
        raise LocalError("ceremony-without-root", "A root day follows another ceremony.", hint=hint)
    return stage.before


def _seat(stage: Stage, before: CeremonyOutcome) -> None:
    """The token's keystore knows the roots of the ceremony before, and no others."""
    for path in stage.place.folder.glob("*.crt.pem"):
        path.unlink()
    for name, chain in before.roots.items():
        stage.token().put_certificate(name, chain)


def _files(roots: dict[str, list[x509.Certificate]]) -> dict[str, bytes]:
    """As ``out/`` has them: each root, and what others say for it in a file of its own."""
    made = {f"{name}.pem": pem(root) for name, (root, *_) in roots.items()}
    links = {f"{name}.{LINKS}": b"".join(pem(each) for each in chain[1:]) for name, chain in roots.items()}
    return made | {name: octets for name, octets in links.items() if octets}


def _require_own(wanted: Wanted, operator: str) -> None:
    """The short name that is empty is the founder's, and nobody else's."""
    for each in wanted.certify:
        if (each.operator == operator) != (each.tenant == ""):
            message = "An authority is wanted under the wrong name."
            raise DataError("ceremony-wanted-foreign", message, where=f"{each.stem}: {each.operator}")


def _rules(stage: Stage) -> dict[str, bytes]:
    """Rules of the PKI that asks, where it has any of its own."""
    path = stage.requests / RULES_FILE
    if not path.is_file():
        return {}
    rules_of(stage.requests)  # raises where they do not hold
    return {RULES_FILE: path.read_bytes()}


def _withdrawn(stage: Stage, name: str) -> x509.Certificate:
    """The certificate of an authority below one of the roots."""
    message = "What is to be revoked is no authority below the root."
    try:
        certificate = x509.load_pem_x509_certificate((stage.requests / name).read_bytes())
    except (OSError, *HOSTILE) as cause:
        raise DataError("ceremony-revoked-unknown", message, where=name) from cause
    own = {root.subject for root in stage.roots().values()}
    if certificate.subject in own or _root_of(stage, certificate) == "":
        raise DataError("ceremony-revoked-unknown", message, where=name)
    return certificate


def _root_of(stage: Stage, certificate: x509.Certificate) -> str:
    """Which root has signed it; empty where none has."""
    for name, root in stage.roots().items():
        try:
            certificate.verify_directly_issued_by(root)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return name
    return ""


def _read_out(wanted: Wanted, requests: dict[str, bytes]) -> list[str]:
    lines = [
        f"certify {each.name} of {each.operator}, request {sha256(requests[f'{each.stem}.csr']).hexdigest()}"
        for each in wanted.certify
    ]
    if RULES_FILE in requests:
        lines += [f"follow the rules {sha256(requests[RULES_FILE]).hexdigest()}"]
    lines += ["make the next root"] if wanted.next_root else []
    return lines + ([f"sign lists until {wanted.lists_until}"] if wanted.lists_until else [])


def _read_out_withdrawn(withdrawn: dict[str, x509.Certificate]) -> list[str]:
    return [
        f"revoke {each.subject.rfc4514_string()}, certificate {each.fingerprint(hashes.SHA256()).hex()}"
        for each in withdrawn.values()
    ]
