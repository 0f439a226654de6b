"""What must hold after a step, by the names that scripts use."""

from collections.abc import Callable
from datetime import datetime
from itertools import combinations, pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from meterkast.model.errors import MeterkastError
from meterkast.pki.ceremony.listing import MOST_LISTS, list_name, lists_end
from meterkast.pki.ceremony.quorum import Quorum
from meterkast.pki.ceremony.request import read_request
from meterkast.pki.ceremony.stage import Stage
from meterkast.pki.ceremony.token import shows_its_keys
from meterkast.pki.root import Root
from meterkast.protocols.x509.list_place import list_number
from meterkast.protocols.x509.revocation import signs_lists


def _every_quorum_opens(stage: Stage) -> bool:
    """Any ``needs`` of the cards, and always the same secret."""
    quorum = stage.quorum()
    secrets = {
        _opened(stage, quorum, chosen) for chosen in combinations(sorted(quorum.holders), quorum.needs)
    }
    return len(secrets) == 1 and None not in secrets


def _fewer_open_nothing(stage: Stage) -> bool:
    """One card less, whichever."""
    quorum = stage.quorum()
    fewer = combinations(sorted(quorum.holders), quorum.needs - 1)
    return all(_opened(stage, quorum, chosen) is None for chosen in fewer)


def _root_signs_itself(stage: Stage) -> bool:
    roots = stage.roots().values()
    return all(_issued_by(each, each) for each in roots) and len(roots) > 0


def _root_key_in_token(stage: Stage) -> bool:
    roots = stage.roots().items()
    return all(stage.token().public_key(name) == each.public_key() for name, each in roots) and len(roots) > 0


def _authorities_below_root(stage: Stage) -> bool:
    root = stage.newest_root()
    return all(_issued_by(stage.certificate(f"{name}.pem"), root) for name in stage.authorities())


def _authorities_issue_no_authorities(stage: Stage) -> bool:
    found = [stage.certificate(f"{name}.pem").extensions for name in stage.authorities()]
    return all(
        each.get_extension_for_class(x509.BasicConstraints).value
        == x509.BasicConstraints(ca=True, path_length=0)
        for each in found
    )


def _lists_by_root(stage: Stage) -> bool:
    return all(
        signs_lists(key) and all(each.is_signature_valid(key) for each in lists)
        for key, lists in (
            (stage.certificate(f"{name}.pem").public_key(), lists) for name, lists in _lists(stage)
        )
    )


def _lists_without_gap(stage: Stage) -> bool:
    return all(_is_without_gap(lists, stage.clock()) for _, lists in _lists(stage))


def _is_without_gap(lists: list[x509.CertificateRevocationList], now: datetime) -> bool:
    ends = [each.next_update_utc for each in lists]
    return (
        bool(lists)
        and lists[0].last_update_utc <= now
        and all(
            end is not None and after.last_update_utc < end
            for end, (_, after) in zip(ends, pairwise(lists), strict=False)
        )
    )


def _lists_keep_revoked(stage: Stage) -> bool:
    """What was on the lists before, and what is revoked now; and none is older in number than one before."""
    withdrawn = [stage.certificate(f"withdrawn-{name}") for name in stage.wanted().revoke]
    for name, lists in _lists(stage):
        root = stage.certificate(f"{name}.pem")
        before = stage.before.revoked(name) if stage.before else {}
        wanted = {*before, *(each.serial_number for each in withdrawn if _issued_by(each, root))}
        last = stage.before.last_number(name) if stage.before else 0
        if any({entry.serial_number for entry in each} != wanted for each in lists):
            return False
        if any(list_number(each) <= last for each in lists):
            return False
    return True


def _lists_last(stage: Stage) -> bool:
    """Until the day that is wanted, where one is."""
    until = stage.wanted().lists_until
    return until is None or all(lists_end(lists).date() >= until for _, lists in _lists(stage))


def _requests_as_agreed(stage: Stage) -> bool:
    """What lies in ``out/`` is proven by its keys."""
    return all(read_request(stage.out(f"{each.stem}.csr")) for each in stage.wanted().certify)


def _authorities_as_requested(stage: Stage) -> bool:
    """Each certificate is for the key that has signed the request."""
    return all(
        stage.certificate(f"{each.stem}.pem").public_key() == read_request(stage.out(f"{each.stem}.csr"))[1]
        for each in stage.wanted().certify
    )


def _roots_vouch_for_each_other(stage: Stage) -> bool:
    """Each root and the one after it, both ways (RFC 7030, 4.1.3)."""
    chains = Root(stage.token(), stage.rules).chains().values()
    return all(_vouched(old, new[0]) and _vouched(new, old[0]) for old, new in pairwise(chains))


def _vouched(chain: list[x509.Certificate], by: x509.Certificate) -> bool:
    own, *links = chain
    return any(each.public_key() == own.public_key() and _issued_by(each, by) for each in links)


def _token_opens_again(stage: Stage) -> bool:
    return _root_key_in_token(stage)


def _token_is_closed(stage: Stage) -> bool:
    return stage.keystore is None and not shows_its_keys(stage.place)


CHECKS: dict[str, Callable[[Stage], bool]] = {
    "every-quorum-opens": _every_quorum_opens,
    "fewer-open-nothing": _fewer_open_nothing,
    "root-signs-itself": _root_signs_itself,
    "root-key-in-token": _root_key_in_token,
    "authorities-below-root": _authorities_below_root,
    "authorities-issue-no-authorities": _authorities_issue_no_authorities,
    "authorities-as-requested": _authorities_as_requested,
    "lists-by-root": _lists_by_root,
    "lists-without-gap": _lists_without_gap,
    "lists-keep-revoked": _lists_keep_revoked,
    "lists-last": _lists_last,
    "requests-as-agreed": _requests_as_agreed,
    "roots-vouch-for-each-other": _roots_vouch_for_each_other,
    "token-opens-again": _token_opens_again,
    "token-is-closed": _token_is_closed,
}


def _opened(stage: Stage, quorum: Quorum, chosen: tuple[str, ...]) -> bytes | None:
    try:
        return quorum.open({name: stage.cards[name].secret for name in chosen})
    except (MeterkastError, KeyError):
        return None


def _lists(stage: Stage) -> list[tuple[str, list[x509.CertificateRevocationList]]]:
    """Lists by their root, those of roots that live; the first to begin first."""
    found = []
    for name, root in stage.roots().items():
        paths = [stage.out(list_name(name, count)) for count in range(MOST_LISTS)]
        lists = [x509.load_pem_x509_crl(path.read_bytes()) for path in paths if path.is_file()]
        if root.not_valid_after_utc > stage.clock():
            found.append((name, lists))
    return found


def _issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
