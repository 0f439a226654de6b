"""The people of a ceremony, as far as it has to ask them something."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from meterkast.model.errors import DataError
from meterkast.pki.ceremony.script import Script, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Who is to be there.

    Attributes:
        holders: names of the holders.
        roles: names of the others, by role.
        cards: where holders keep their cards, where not in the folder of the ceremony.
    """

    holders: tuple[str, ...]
    roles: Mapping[str, str]
    cards: Mapping[str, Path] = field(default_factory=dict)

    def require(self, script: Script) -> None:
        """Returns where everybody is named, once.

        Raises:
            DataError: ``ceremony-roster``.
        """
        names = [*self.holders, *self.roles.values()]
        if len(self.holders) != script.holders or set(self.roles) != set(script.roles):
            wanted = f"{script.holders} holders and {', '.join(script.roles)}"
            raise DataError("ceremony-roster", f"The ceremony needs {wanted}, each by name.")
        if len(set(names)) != len(names) or not all(names):
            raise DataError("ceremony-roster", "Nobody has two parts in a ceremony.")


class People(Protocol):
    """Asks and tells. Whoever implements it decides how: a terminal, or a rehearsal."""

    def announce(self, step: Step) -> None:
        """Tells everybody what comes now; raises to stop the ceremony."""
        ...

    def agree(self, wishes: Sequence[str]) -> None:
        """Reads out what is wanted, line by line; raises to stop the ceremony."""
        ...

    def present(self, holders: tuple[str, ...]) -> tuple[str, ...]:
        """Which of these holders are here."""
        ...

    def new_passphrase(self, holder: str) -> str:
        """Asks a holder to choose a passphrase for a new card."""
        ...

    def passphrase(self, holder: str) -> str:
        """Asks a holder for the passphrase of their card."""
        ...
