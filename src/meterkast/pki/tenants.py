"""Several operators in one PKI: each with authorities, inventory and trust folder of its own (RQ-31)."""

from pathlib import Path

from meterkast.model.deployment import Profile
from meterkast.model.identity import SystemTitle
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Authority, Witness
from meterkast.pki.register import Register


def tenant_trust(folder: Path, slug: str) -> TrustFolder:
    """Where an operator that joined later finds roots, its own authorities and their lists."""
    return TrustFolder(folder / "tenants" / slug / "trust")


class Tenants:
    """The operators of the PKI in a folder, opened once.

    Args:
        folder: of the PKI.
        trust: the founder's trust folder.
        profile: as for ``Authority``.
        witness: likewise.
    """

    def __init__(
        self,
        folder: Path,
        trust: TrustFolder,
        *,
        profile: Profile = Profile.DEVELOPMENT,
        witness: Witness | None = None,
    ) -> None:
        self._register = Register(folder / "register.sqlite")
        self._authorities = {
            operator: Authority(
                folder,
                tenant_trust(folder, slug) if slug else trust,
                operator=operator,
                profile=profile,
                witness=witness,
            )
            for operator, slug in self._register.tenants().items()
        }

    def trust_folders(self) -> dict[str, TrustFolder]:
        """Trust folders by the short names of operators; the founder's is empty."""
        return {slug: self._authorities[each].trust for each, slug in self._register.tenants().items()}

    @property
    def founder(self) -> Authority:
        """The operator that was there first."""
        return next(iter(self._authorities.values()))

    def all(self) -> list[Authority]:
        """Every operator's authority, the founder's first."""
        return list(self._authorities.values())

    def owner(self, title: SystemTitle) -> Authority | None:
        """The authority of the operator that expects a device; None where nobody does."""
        operator = self._register.owner(str(title))
        return None if operator is None else self._authorities.get(operator)
