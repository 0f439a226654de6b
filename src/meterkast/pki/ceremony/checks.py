"""What must hold after a step, by the names that scripts use."""

from collections.abc import Callable
from itertools import combinations, pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from meterkast.model.errors import MeterkastError
from meterkast.pki.ceremony.quorum import Quorum
from meterkast.pki.ceremony.stage import Stage
from meterkast.pki.ceremony.token import shows_its_keys
from meterkast.pki.root import LABEL
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
    certificate = stage.root_certificate()
    return _issued_by(certificate, certificate)


def _root_key_in_token(stage: Stage) -> bool:
    return stage.token().public_key(LABEL) == stage.root_certificate().public_key()


def _authorities_below_root(stage: Stage) -> bool:
    root = stage.root_certificate()
    return all(_issued_by(stage.certificate(f"{label}.pem"), root) for label in stage.script.authorities)


def _authorities_issue_no_authorities(stage: Stage) -> bool:
    found = [stage.certificate(f"{label}.pem").extensions for label in stage.script.authorities]
    return all(
        each.get_extension_for_class(x509.BasicConstraints).value
        == x509.BasicConstraints(ca=True, path_length=0)
        for each in found
    )


def _lists_by_root(stage: Stage) -> bool:
    key = stage.root_certificate().public_key()
    return signs_lists(key) and all(each.is_signature_valid(key) for each in _lists(stage))


def _lists_without_gap(stage: Stage) -> bool:
    lists = _lists(stage)
    ends = [each.next_update_utc for each in lists]
    return lists[0].last_update_utc <= stage.clock() and all(
        end is not None and after.last_update_utc < end
        for end, (_, after) in zip(ends, pairwise(lists), strict=False)
    )


def _token_opens_again(stage: Stage) -> bool:
    return stage.token().public_key(LABEL) == stage.root_certificate().public_key()


def _token_is_closed(stage: Stage) -> bool:
    return stage.keystore is None and not shows_its_keys(stage.place)


CHECKS: dict[str, Callable[[Stage], bool]] = {
    "every-quorum-opens": _every_quorum_opens,
    "fewer-open-nothing": _fewer_open_nothing,
    "root-signs-itself": _root_signs_itself,
    "root-key-in-token": _root_key_in_token,
    "authorities-below-root": _authorities_below_root,
    "authorities-issue-no-authorities": _authorities_issue_no_authorities,
    "lists-by-root": _lists_by_root,
    "lists-without-gap": _lists_without_gap,
    "token-opens-again": _token_opens_again,
    "token-is-closed": _token_is_closed,
}


def _opened(stage: Stage, quorum: Quorum, chosen: tuple[str, ...]) -> bytes | None:
    try:
        return quorum.open({name: stage.cards[name].secret for name in chosen})
    except (MeterkastError, KeyError):
        return None


def _lists(stage: Stage) -> list[x509.CertificateRevocationList]:
    names = (f"root.{count}.crl.pem" for count in range(stage.script.lists))
    return [x509.load_pem_x509_crl(stage.out(name).read_bytes()) for name in names]


def _issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
