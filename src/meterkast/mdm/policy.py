"""The policy: who may read whose readings for what, as data. What no rule allows is denied."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any

from meterkast.model.errors import DataError


class Role(StrEnum):
    """In what capacity somebody asks."""

    OPERATOR = "operator"
    CONSUMER = "consumer"
    SUPPLIER = "supplier"
    SERVICE_PROVIDER = "service-provider"
    VENDOR = "vendor"
    SUPERVISOR = "supervisor"


class Purpose(StrEnum):
    """What somebody wants the readings for."""

    SETTLEMENT = "settlement"
    GRID_OPERATION = "grid-operation"
    OWN_INSIGHT = "own-insight"
    MAINTENANCE = "maintenance"
    MARKETING = "marketing"


class Tie(StrEnum):
    """What binds an asker to a connection."""

    OPERATOR = "operator"
    CONNECTION = "connection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, as established before anything is asked.

    Attributes:
        role: the capacity.
        party: an operator's code, a consumer's connection (18 digits), a vendor's letters, a company's name.
    """

    role: Role
    party: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Askers in this role may read, for these purposes, the connections they are tied to like this."""

    id: str
    role: Role
    purposes: frozenset[Purpose]
    tie: Tie


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All rules, under one version."""

    version: str
    rules: tuple[Rule, ...] = ()

    @classmethod
    def packaged(cls) -> "Policy":
        """The policy that comes with the package."""
        return cls.parse(files("meterkast.mdm").joinpath("policy.toml").read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """Reads the text of a policy.

        Raises:
            DataError: ``policy-malformed``; also for a word that is no role, purpose or tie, and for a rule
                with a field too many, so that nothing is allowed by a mistake in writing.
        """
        try:
            document = tomllib.loads(text)
            rules = tuple(_rule(table) for table in document["rule"])
            version = str(document["version"])
        except (tomllib.TOMLDecodeError, LookupError, TypeError, ValueError) as error:
            raise DataError("policy-malformed", "The policy is malformed.", where=str(error)) from error
        names = [rule.id for rule in rules]
        if len(set(names)) < len(names) or document.keys() != {"version", "rule"}:
            raise DataError("policy-malformed", "The policy has a rule twice, or a part that is no rule.")
        return cls(version=version, rules=rules)

    def rule_for(self, role: Role, purpose: Purpose) -> Rule | None:
        """The first rule that allows this role anything for this purpose; None where none does."""
        return next((rule for rule in self.rules if rule.role is role and purpose in rule.purposes), None)


def _rule(table: Mapping[str, Any]) -> Rule:
    if table.keys() != {"id", "role", "purposes", "tie"} or isinstance(table["purposes"], str):
        raise ValueError("a rule has id, role, purposes and tie")
    return Rule(
        id=str(table["id"]),
        role=Role(table["role"]),
        purposes=frozenset(map(Purpose, table["purposes"])),
        tie=Tie(table["tie"]),
    )
