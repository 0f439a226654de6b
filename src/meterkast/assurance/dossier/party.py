"""Who takes part, where they sit, and who owns whom: three things that are never derived from one another."""

from dataclasses import dataclass
from enum import StrEnum

from meterkast.assurance.dossier.fact import Fact


class Role(StrEnum):
    """What a party does in the dossier."""

    OPERATOR = "operator"
    VITAL_PROVIDER = "vital-provider"
    VENDOR = "vendor"
    OWNER = "owner"
    STATE_OWNED = "state-owned"
    GOVERNMENT = "government"
    SERVICE = "service"
    PARLIAMENT = "parliament"
    ASSOCIATION = "association"
    PRESS = "press"


class Means(StrEnum):
    """By what one party directs another."""

    SHARE = "share"
    GOLDEN_SHARE = "golden-share"
    BOARD = "board"
    CONTRACT = "contract"
    PARTY_RIGHTS = "party-rights"


MAJORITY = "majority"
"""Said of a share when the source says more than half and no figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A legal entity, a body or a person in office.

    Attributes:
        legal_name: as registered or as the source writes it; None where the source names nobody.
        label_nl: how to speak of a party without a name, in Dutch.
        label_en: the same in English.
        aliases: other names in the sources for the same party.
        seat: country in which it is registered (ISO 3166-1 alpha-2).
        origin: country from which its deliveries come, as the source says; says nothing of single parts.
    """

    id: str
    legal_name: str | None = None
    label_nl: str = ""
    label_en: str = ""
    aliases: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    seat: Fact[str | None] | None = None
    origin: Fact[str | None] | None = None

    def name(self, language: str = "en") -> str:
        """What to call it in ``nl`` or ``en``."""
        return self.legal_name or (self.label_nl if language == "nl" else self.label_en)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """A statement that ``owner`` holds a share of ``owned`` or directs it; all are kept, in conflict or not.

    Attributes:
        share: 0 to 1, ``majority``, or None where the tie is spoken of and no share is given.
        means: by what the owner directs; anything but ``share`` is control whatever the share.
    """

    id: str
    owner: str
    owned: str
    share: Fact[float | str | None]
    means: Means = Means.SHARE

    @property
    def least(self) -> float:
        """The smallest share that the statement allows."""
        if self.share.value == MAJORITY:
            return 0.5
        return self.share.value if isinstance(self.share.value, float) else 0.0

    @property
    def most(self) -> float:
        """The largest share that the statement allows."""
        return self.share.value if isinstance(self.share.value, float) else 1.0

    @property
    def controls(self) -> bool:
        """Whether the statement, taken as true, gives control."""
        return self.means is not Means.SHARE or self.share.value == MAJORITY or self.least > 0.5

    def contradicts(self, other: "Ownership") -> bool:
        """Whether both cannot be true as written; a statement without a figure contradicts none."""
        if (self.owner, self.owned) != (other.owner, other.owned):
            return False
        if self.share.value is None or other.share.value is None:
            return False
        if MAJORITY in {self.share.value, other.share.value}:
            return self.controls != other.controls
        return self.share.value != other.share.value
