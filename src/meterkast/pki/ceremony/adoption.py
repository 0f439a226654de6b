"""From a ceremony to a PKI at work: its root, its authorities and the lists signed ahead are taken over."""

from datetime import datetime
from pathlib import Path

from meterkast.model.errors import DataError, LocalError
from meterkast.outside.keystore import Keystore, open_keystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import ISSUING, Authority, issuing_folder
from meterkast.pki.ceremony.kept import keep
from meterkast.pki.ceremony.outcome import CeremonyOutcome
from meterkast.pki.ceremony.takeover import Takeover, require_current_lists
from meterkast.pki.founding import is_founded
from meterkast.pki.register import Register


def adopt(
    outcome: CeremonyOutcome,
    folder: Path,
    trust: TrustFolder,
    *,
    operator: str,
    now: datetime,
    keystore: Keystore | None = None,
) -> Authority:
    """A PKI whose root is elsewhere: its authorities go to work, and its lists come out when they begin.

    Args:
        outcome: of the ceremony that made the root.
        folder: of the PKI to be.
        trust: what everybody may have is published here.
        operator: whose PKI it is; the ceremony must say the same.
        now: real time.
        keystore: with the authorities' keys; None for the one in its place.

    Raises:
        LocalError: ``ceremony-operator-other``, ``ceremony-is-root-day``, ``pki-founded-already``,
            ``ceremony-lists-ended`` where the root has no list for today, or ``keystore-label-unknown`` where
            an authority's key is not there.
        DataError: ``ceremony-outcome-malformed`` where an authority is missing.
        TrustError: ``ceremony-key-foreign`` where an authority has another key than the one certified.
    """
    if outcome.operator != operator:
        hint = f"Give --operator {outcome.operator}, or another ceremony."
        message = "The ceremony was held for another operator."
        raise LocalError("ceremony-operator-other", message, where=outcome.operator, hint=hint)
    if outcome.before is not None:
        hint = (
            "A PKI begins with the ceremony that made the root; `meterkast pki adopt` takes over the others."
        )
        raise LocalError("ceremony-is-root-day", "The ceremony is a root day.", hint=hint)
    require_current_lists(outcome, now)
    certificates = {each.name: certificate for each, certificate in outcome.authorities.items()}
    if not set(ISSUING) <= set(certificates):
        message = "The ceremony has not made what a PKI needs."
        raise DataError("ceremony-outcome-malformed", message, where=str(outcome.folder))
    takeover = Takeover(folder, trust, operator, "", keystore or open_keystore(issuing_folder(folder, "")))
    takeover.require_keys(certificates)
    folder.mkdir(parents=True, exist_ok=True)
    register = Register.found(folder / "register.sqlite")
    if is_founded(folder, trust):
        raise LocalError("pki-founded-already", "There is a PKI here already.", where=str(folder))
    if not register.tenants():  # else somebody was killed in the middle of this
        keep(folder, outcome)
        register.add_tenant(operator, "")
    return takeover.put(outcome, certificates, now)
