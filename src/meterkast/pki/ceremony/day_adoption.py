"""What a root day has made is put to work in the PKI: authorities, operators, roots and lists."""

from datetime import datetime
from pathlib import Path

from cryptography import x509

from meterkast.model.deployment import Profile
from meterkast.model.errors import LocalError
from meterkast.outside.keystore import open_keystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import ISSUING, Authority, issuing_folder
from meterkast.pki.ceremony.kept import keep, last_kept
from meterkast.pki.ceremony.outcome import CeremonyOutcome
from meterkast.pki.ceremony.takeover import Takeover, publish_roots, require_current_lists
from meterkast.pki.register import Register
from meterkast.pki.tenants import tenant_trust, trust_folders


def adopt_day(
    outcome: CeremonyOutcome,
    folder: Path,
    trust: TrustFolder,
    *,
    now: datetime,
    profile: Profile = Profile.DEVELOPMENT,
) -> list[Authority]:
    """Takes over a root day that follows the last ceremony that the PKI knows; the founder's authority first.

    It may be called again where it was broken off.

    Args:
        outcome: of the root day.
        folder: of the PKI.
        trust: the founder's trust folder.
        now: real time.
        profile: where keys may be; in production not in plain files.

    Raises:
        LocalError: ``pki-root-here``, ``ceremony-adopted-already``, ``ceremony-out-of-turn`` where it follows
            another ceremony, ``ceremony-lists-ended``, ``ceremony-authorities-missing`` where a new operator
            lacks one, ``pki-tenant-taken`` or ``keystore-label-unknown``.
        TrustError: ``ceremony-key-foreign`` where an authority has another key than the one certified; and as
            ``open_keystore`` in production.
    """
    _require_turn(outcome, folder)
    require_current_lists(outcome, now)
    certified = _by_operator(outcome)
    register = Register(folder / "register.sqlite")
    tenants = {**register.tenants(), **dict(certified.keys())}
    takeovers = []
    for operator, tenant in tenants.items():
        own = tenant_trust(folder, tenant) if tenant else trust
        keystore = open_keystore(issuing_folder(folder, tenant), profile)
        takeover = Takeover(folder, own, operator, tenant, keystore)
        takeovers.append((takeover, certified.get((operator, tenant), {})))
    for takeover, certificates in takeovers:
        _require_place(takeover, certificates, register.tenants())
        takeover.require_keys(certificates)
    authorities = []
    for takeover, certificates in takeovers:
        register.add_tenant(takeover.operator, takeover.tenant)
        authorities.append(takeover.put(outcome, certificates, now))
    keep(folder, outcome)
    return authorities


def retire_roots(folder: Path, trust: TrustFolder, *, newest: int, now: datetime) -> None:
    """Only so many roots count from now on, the newest first, with every operator; needs no root's key.

    Raises:
        LocalError: ``pki-root-here``.
    """
    outcome = last_kept(folder)
    for own in trust_folders(folder, trust).values():
        publish_roots(outcome, folder, own, now=now, newest=newest)


def _require_turn(outcome: CeremonyOutcome, folder: Path) -> None:
    last = last_kept(folder)
    if outcome.digest == last.digest:
        raise LocalError("ceremony-adopted-already", "The PKI has taken over this ceremony already.")
    if outcome.before != last.digest or outcome.operator != last.operator:
        hint = f"The next one follows the ceremony in {last.folder}."
        message = "The root day does not follow the last ceremony that the PKI has taken over."
        raise LocalError("ceremony-out-of-turn", message, where=str(outcome.folder), hint=hint)


def _by_operator(outcome: CeremonyOutcome) -> dict[tuple[str, str], dict[str, x509.Certificate]]:
    found: dict[tuple[str, str], dict[str, x509.Certificate]] = {}
    for each, certificate in outcome.authorities.items():
        found.setdefault((each.operator, each.tenant), {})[each.name] = certificate
    return found


def _require_place(
    takeover: Takeover, certificates: dict[str, x509.Certificate], tenants: dict[str, str]
) -> None:
    """An operator that is there keeps its short name; one that is not brings a whole set of authorities."""
    operator, tenant = takeover.operator, takeover.tenant
    if operator not in tenants and tenant not in tenants.values():
        missing = set(ISSUING) - set(certificates)
        if missing:
            message = "A new operator needs all issuing authorities."
            where = f"{operator}: {', '.join(sorted(missing))}"
            raise LocalError("ceremony-authorities-missing", message, where=where)
    elif tenants.get(operator) != tenant:
        raise LocalError("pki-tenant-taken", "The PKI has this operator already.", where=operator)
