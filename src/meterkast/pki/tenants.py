"""Several operators in one PKI: each with authorities, inventory and trust folder of its own (RQ-31)."""

from datetime import datetime
from pathlib import Path

from meterkast.model.deployment import Profile
from meterkast.model.identity import SystemTitle
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Authority, Witness
from meterkast.pki.publishing import Publisher
from meterkast.pki.register import Register


def tenant_trust(folder: Path, slug: str) -> TrustFolder:
    """Where an operator that joined later finds roots, its own authorities and their lists."""
    return TrustFolder(folder / "tenants" / slug / "trust")


def trust_of(folder: Path, trust: TrustFolder, operator: str | None) -> TrustFolder:
    """The trust folder of an operator; the founder's for None, and for one that the PKI does not know."""
    slug = Register(folder / "register.sqlite").tenants().get(operator, "") if operator is not None else ""
    return tenant_trust(folder, slug) if slug else trust


def trust_folders(folder: Path, trust: TrustFolder) -> dict[str, TrustFolder]:
    """Every operator's trust folder by its name, the founder's first."""
    tenants = Register(folder / "register.sqlite").tenants()
    return {operator: tenant_trust(folder, slug) if slug else trust for operator, slug in tenants.items()}


def publish_ahead(folder: Path, trust: TrustFolder, now: datetime) -> dict[str, int]:
    """Lists that were signed ahead and have begun come out, for every operator; opens no keystore.

    Args:
        folder: of the PKI.
        trust: the founder's trust folder.
        now: real time.

    Returns:
        How many lists were replaced, by operator.
    """
    register = Register(folder / "register.sqlite")
    return {
        operator: Publisher(register, operator, own).publish_ahead(now)
        for operator, own in trust_folders(folder, trust).items()
    }


class Tenants:
    """The operators of the PKI in a folder, and those who join it while it is at work.

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
        self._folder = folder
        self._trust = trust
        self._profile = profile
        self._witness = witness
        self._register = Register(folder / "register.sqlite")
        self._authorities: dict[str, Authority] = {}
        self.open_joined()

    def open_joined(self) -> None:
        """Opens the authorities of operators that have joined; raises as ``Authority`` does."""
        for operator, slug in self._register.tenants().items():
            if operator not in self._authorities:
                self._authorities[operator] = Authority(
                    self._folder,
                    tenant_trust(self._folder, slug) if slug else self._trust,
                    operator=operator,
                    profile=self._profile,
                    witness=self._witness,
                )

    def trust_folders(self) -> dict[str, TrustFolder]:
        """Trust folders by the short names of operators; the founder's is empty."""
        return {each.slug: each.trust for each in self.all()}

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
        if operator is not None and operator not in self._authorities:
            self.open_joined()
        return None if operator is None else self._authorities.get(operator)
