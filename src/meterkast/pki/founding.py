"""Everything that needs the root: making it, issuing authorities below it, and their successors."""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from meterkast.model.deployment import Profile
from meterkast.model.errors import LocalError
from meterkast.model.operator import require_operator_name
from meterkast.outside.keystore import KeyKind, Keystore, open_keystore
from meterkast.outside.trust import CHAIN, TrustFolder
from meterkast.pki.authority import ISSUING, Authority, issuing_folder, list_address
from meterkast.pki.register import Register
from meterkast.pki.root import LABEL, Root
from meterkast.pki.ruling import rules_of
from meterkast.pki.tenants import tenant_trust, trust_folders
from meterkast.protocols.x509 import Rules
from meterkast.protocols.x509.generation import generations, nth
from meterkast.protocols.x509.identity import organisation_of

CEREMONIES = "ceremonies"
"""Where a PKI keeps the ceremonies of its root, if it is from one."""


def found(
    folder: Path, trust: TrustFolder, *, operator: str, now: datetime, keystore: Keystore | None = None
) -> Authority:
    """A PKI with its first operator: root, issuing authorities, everything published in the trust folder.

    Whoever was killed meanwhile does it once more, and it goes on.

    Raises:
        LocalError: ``pki-founded-already``, also where it was begun for another operator.
        DataError: ``operator-name-malformed``.
    """
    require_operator_name(operator)
    if is_founded(folder, trust):
        raise founded_already(folder)
    rules, keys = rules_of(folder), open_keystore(folder / "root")
    if LABEL in keys.certified():
        root = Root(keys, rules)
    else:
        keys.destroy(LABEL)  # one without a certificate is nobody's
        root = Root.create(keys, operator=operator, now=now, rules=rules, development=True)
    if organisation_of(root.certificate) != operator:
        raise founded_already(folder)
    Register.found(folder / "register.sqlite")
    issuing = keystore or open_keystore(issuing_folder(folder, ""))
    _make_authorities(issuing, root, operator=operator, slug="", rules=rules, now=now)
    return _put_to_work(folder, trust, root, issuing, operator=operator, slug="", rules=rules, now=now)


def is_founded(folder: Path, trust: TrustFolder) -> bool:
    """Whether the folder has a PKI whose founder's authorities are at work.

    Raises:
        DataError: ``pki-register-missing`` where it had one, and its register is lost.
    """
    if not (trust.path / CHAIN).exists():  # which comes after the register
        return False
    return bool(Register(folder / "register.sqlite").tenants()) and not Authority(folder, trust).unpublished()


def is_from_ceremony(folder: Path) -> bool:
    """Whether the root of a PKI was made in a ceremony, and is in a token."""
    return (folder / CEREMONIES).is_dir()


def root_of(folder: Path, rules: Rules, profile: Profile = Profile.DEVELOPMENT) -> Root:
    """The root of a PKI that has it in files, while its folder is here.

    Raises:
        LocalError: ``pki-root-elsewhere`` where it is from a ceremony, ``pki-root-away``.
        TrustError: as ``open_keystore`` in production.
    """
    if is_from_ceremony(folder):
        hint = (
            "Write down what is wanted with `meterkast pki request DIR`, hold a root day with `meterkast pki"
            " ceremony hold DAY --after CEREMONY`, and take it over with `meterkast pki adopt DAY`."
        )
        message = "The root of this PKI is in a token, and signs on a root day alone."
        raise LocalError("pki-root-elsewhere", message, where=str(folder), hint=hint)
    if not (folder / "root").is_dir():
        hint = "Bring the folder back from where it is kept."
        raise LocalError(
            "pki-root-away", "The root's folder is not here.", where=str(folder / "root"), hint=hint
        )
    return Root(open_keystore(folder / "root", profile), rules)


def short_name(operator: str) -> str:
    """How an operator that joins is called in addresses and folders; empty where its name gives nothing."""
    return re.sub(r"[^a-z0-9]+", "-", operator.lower()).strip("-")[:32]


def admit_tenant(
    folder: Path, root: Root, *, operator: str, now: datetime, profile: Profile = Profile.DEVELOPMENT
) -> Authority:
    """Another operator under the same root, with authorities and a trust folder of its own (RQ-31).

    Whoever was killed meanwhile does it once more, and it goes on.

    Raises:
        LocalError: ``pki-tenant-taken`` where the operator, or one of the same short name, is there.
        DataError: ``operator-name-malformed``.
        TrustError: as ``open_keystore`` in production.
    """
    slug = short_name(require_operator_name(operator))
    tenants, trust = Register(folder / "register.sqlite").tenants(), tenant_trust(folder, slug)
    keys = open_keystore(issuing_folder(folder, slug), profile) if slug else None
    others = {each for each in tenants if each != operator}
    is_there = operator in tenants and (trust.path / CHAIN).exists()
    if keys is None or slug in {tenants[each] for each in others} or tenants.get(operator) == "":
        raise _tenant_taken(operator)
    if is_there and not Authority(folder, trust, operator=operator, keystore=keys).unpublished():
        raise _tenant_taken(operator)
    rules = rules_of(folder)
    _make_authorities(keys, root, operator=operator, slug=slug, rules=rules, now=now)
    return _put_to_work(folder, trust, root, keys, operator=operator, slug=slug, rules=rules, now=now)


def publish_roots(
    folder: Path, trust: TrustFolder, root: Root, *, now: datetime, newest: int | None = None
) -> None:
    """Roots, links between them and the lists of the root, for every operator; as ``Root.publish``.

    Args:
        folder: of the PKI.
        trust: the founder's trust folder.
        root: with its key.
        now: real time.
        newest: how many roots count from now on; None for those that count.
    """
    for own in trust_folders(folder, trust).values():
        root.publish(own, now=now, newest=newest)


def roll_root(authorities: Sequence[Authority], root: Root, now: datetime) -> list[Authority]:
    """The next root, and authorities below it for all these operators; gives those that have new ones.

    Where somebody was killed in the middle of this, the root that was made is finished, and no other is made.
    """
    behind = [each for each in authorities if not each.is_below(root.certificate)]
    if not behind:
        root.roll(operator=authorities[0].operator, now=now)
    root.link(now)
    return [renew_authorities(each, root, now) for each in behind or authorities]


def renew_authorities(authority: Authority, root: Root, now: datetime) -> Authority:
    """New issuing authorities of the algorithm that the rules now want, under the newest root.

    The ones before go on being believed, and signing their lists, until they end; they issue no more. Where
    some are below the newest root already, the others follow; where all are, all are made anew.
    """
    folder, slug, operator = authority.folder, authority.slug, authority.operator
    keys, rules = open_keystore(issuing_folder(folder, slug)), rules_of(folder)
    anew = authority.is_below(root.certificate)
    _make_authorities(keys, root, operator=operator, slug=slug, rules=rules, now=now, anew=anew)
    return _put_to_work(
        folder, authority.trust, root, keys, operator=operator, slug=slug, rules=rules, now=now
    )


def _make_authorities(
    keys: Keystore, root: Root, *, operator: str, slug: str, rules: Rules, now: datetime, anew: bool = False
) -> None:
    """Those that the newest root has not certified yet; ``anew``, the next generation of all of them."""
    for label in ISSUING:
        made = generations(keys.certified(), label)
        is_below = made and keys.certificate(made[-1])[0].issuer == root.certificate.subject
        if is_below and not anew:
            continue
        name = nth(label, len(made) + 1)
        if name not in keys.labels():  # else made before somebody was killed
            keys.generate(name, KeyKind(rules.key_to_make(rules.authorities[label].keys, now)))
        key = keys.signer(name).public_key()
        lists = f"{list_address(slug)}{name}.crl" if rules.authorities[label].shards == 1 else None
        certificate = root.certify(key, operator=operator, name=name, label=label, now=now, lists=lists)
        keys.put_certificate(name, [certificate])


def _put_to_work(
    folder: Path,
    trust: TrustFolder,
    root: Root,
    keys: Keystore,
    *,
    operator: str,
    slug: str,
    rules: Rules,
    now: datetime,
) -> Authority:
    """Everybody may know of the authorities; only then does the register know of their operator."""
    chain = [keys.certificate(name)[0] for name in sorted(keys.certified())]
    root.publish(trust, now=now)
    trust.publish(CHAIN, [each for each in chain if each.not_valid_after_utc > now])
    trust.prune()
    Register(folder / "register.sqlite").add_tenant(operator, slug)
    authority = Authority(folder, trust, operator=operator, rules=rules, keystore=keys)
    authority.publish(now)
    return authority


def founded_already(folder: Path) -> LocalError:
    """The refusal to found a PKI where there is one."""
    hint = (
        "Look at it with `meterkast pki status`, start it with `meterkast pki serve`, or give another --site."
    )
    return LocalError("pki-founded-already", "There is a PKI here already.", where=str(folder), hint=hint)


def _tenant_taken(operator: str) -> LocalError:
    return LocalError("pki-tenant-taken", "The PKI has this operator already.", where=operator)
