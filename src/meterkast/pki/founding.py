"""Everything that needs the root: making it, issuing authorities below it, and their successors."""

import re
from datetime import datetime
from pathlib import Path

from meterkast.model.errors import LocalError
from meterkast.outside.keystore import KeyKind, Keystore, open_keystore
from meterkast.outside.trust import CHAIN, TrustFolder
from meterkast.pki.authority import ISSUING, Authority, issuing_folder, list_address
from meterkast.pki.register import Register
from meterkast.pki.root import Root
from meterkast.pki.ruling import rules_of
from meterkast.pki.tenants import tenant_trust
from meterkast.protocols.x509 import Rules
from meterkast.protocols.x509.generation import generations, nth


def found(
    folder: Path, trust: TrustFolder, *, operator: str, now: datetime, keystore: Keystore | None = None
) -> Authority:
    """A PKI with its first operator: root, issuing authorities, everything published in the trust folder.

    Raises:
        LocalError: ``keystore-label-taken`` where there is one already.
    """
    rules = rules_of(folder)
    root = Root.create(folder / "root", operator=operator, now=now, rules=rules)
    Register(folder / "register.sqlite").add_tenant(operator, "")
    return _equip(folder, trust, root, operator=operator, slug="", rules=rules, now=now, keystore=keystore)


def admit_tenant(folder: Path, root: Root, *, operator: str, now: datetime) -> Authority:
    """Another operator under the same root, with authorities and a trust folder of its own (RQ-31).

    Raises:
        LocalError: ``pki-tenant-taken`` where the operator, or one of the same short name, is there.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", operator.lower()).strip("-")[:32]
    if not slug or not Register(folder / "register.sqlite").add_tenant(operator, slug):
        raise LocalError("pki-tenant-taken", "The PKI has this operator already.", where=operator)
    trust = tenant_trust(folder, slug)
    return _equip(folder, trust, root, operator=operator, slug=slug, rules=rules_of(folder), now=now)


def renew_authorities(authority: Authority, root: Root, now: datetime) -> Authority:
    """New issuing authorities of the algorithm that the rules now want, under the newest root.

    The ones before go on being believed, and signing their lists, until they end; they issue no more.
    """
    return _equip(
        authority.folder,
        authority.trust,
        root,
        operator=authority.operator,
        slug=authority.slug,
        rules=rules_of(authority.folder),
        now=now,
    )


def _equip(
    folder: Path,
    trust: TrustFolder,
    root: Root,
    *,
    operator: str,
    slug: str,
    rules: Rules,
    now: datetime,
    keystore: Keystore | None = None,
) -> Authority:
    keys = keystore or open_keystore(issuing_folder(folder, slug))
    for label in ISSUING:
        name = nth(label, len(generations(keys.certified(), label)) + 1)
        keys.generate(name, KeyKind(rules.key_to_make(rules.authorities[label].keys, now)))
        key = keys.signer(name).public_key()
        lists = f"{list_address(slug)}{name}.crl" if rules.authorities[label].shards == 1 else None
        certificate = root.certify(key, operator=operator, name=name, label=label, now=now, lists=lists)
        keys.put_certificate(name, [certificate])
    chain = [keys.certificate(name)[0] for name in sorted(keys.certified())]
    root.publish(trust, now=now)
    trust.publish(CHAIN, [each for each in chain if each.not_valid_after_utc > now])
    trust.prune()
    authority = Authority(folder, trust, operator=operator, rules=rules, keystore=keys)
    authority.publish(now)
    return authority
