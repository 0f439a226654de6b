"""The script of a ceremony, as data: what is done, by whom, in which order, and what must hold after it."""

import tomllib
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from typing import Any, TypeVar

from meterkast.model.errors import DataError

PRESENT = ("all", "quorum")
AFTER_LOSS = ("restart", "resume")
FOUNDING, ROOT_DAY = "script.toml", "root-day.toml"
_MAX_HOLDERS = 9

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step.

    Attributes:
        action: what is done, by the name that the code knows it by.
        present: which holders must be there, ``all`` or a ``quorum``.
        after_loss: what may be done where the token is lost in it, ``restart`` or ``resume``.
        checks: what must hold afterwards, by names.
        nl: what people are told, in Dutch.
        en: the same in English.
    """

    action: str
    present: str
    after_loss: str
    checks: tuple[str, ...]
    nl: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A whole ceremony.

    Attributes:
        text: the script itself, as it was read.
        title: what it is for.
        holders: how many there are.
        needs: how many of them open the token.
        roles: who must be there beside the holders.
        authorities: labels of the authorities that are certified; none on a root day, where requests say it.
        lists: how many revocation lists of the root are signed.
        list_overlap_days: how long a list counts beside the one after it.
        steps: in order.
    """

    text: str
    title: str
    holders: int
    needs: int
    roles: tuple[str, ...]
    authorities: tuple[str, ...]
    lists: int
    list_overlap_days: int
    steps: tuple[Step, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the script, hexadecimal: which one it is."""
        return sha256(self.text.encode()).hexdigest()


def packaged_script(name: str = FOUNDING) -> Script:
    """A script that comes with the package: ``FOUNDING`` or ``ROOT_DAY``."""
    return parse_script(resources.files(__package__).joinpath(name).read_text("utf-8"))


def parse_script(text: str) -> Script:
    """Reads a script. Whether its actions and checks exist is for who conducts it to know.

    Raises:
        DataError: ``ceremony-script-malformed``, with the field.
    """
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as cause:
        raise _malformed("document") from cause
    script = Script(
        text=text,
        title=_take(table, "title", str),
        holders=_take(table, "holders", int),
        needs=_take(table, "needs", int),
        roles=_names(table, "roles"),
        authorities=_names(table, "authorities") if "authorities" in table else (),
        lists=_take(table, "lists", int),
        list_overlap_days=_take(table, "list-overlap-days", int),
        steps=tuple(_step(each) for each in _take(table, "steps", list)),
    )
    if table:
        raise _malformed(next(iter(table)))
    if not (1 < script.needs <= script.holders <= _MAX_HOLDERS):
        raise _malformed("needs")
    if not (0 < script.lists <= 52 and 0 < script.list_overlap_days < 300):
        raise _malformed("lists")
    if len({step.action for step in script.steps}) != len(script.steps) or not script.steps:
        raise _malformed("steps")
    return script


def _step(row: object) -> Step:
    if not isinstance(row, dict):
        raise _malformed("steps")
    table = dict(row)
    step = Step(
        action=_take(table, "action", str),
        present=_take(table, "present", str),
        after_loss=_take(table, "after-loss", str),
        checks=_names(table, "checks"),
        nl=_take(table, "nl", str),
        en=_take(table, "en", str),
    )
    if table or step.present not in PRESENT or step.after_loss not in AFTER_LOSS:
        raise _malformed(f"steps.{step.action}")
    return step


def _take(table: dict[str, Any], field: str, kind: type[_T]) -> _T:
    value: object = table.pop(field, None)
    if not isinstance(value, kind) or isinstance(value, bool):  # a bool is an int, and no number of holders
        raise _malformed(field)
    return value


def _names(table: dict[str, Any], field: str) -> tuple[str, ...]:
    values = _take(table, field, list)
    if not all(isinstance(each, str) for each in values) or len(set(values)) != len(values):
        raise _malformed(field)
    return tuple(values)


def _malformed(field: str) -> DataError:
    return DataError("ceremony-script-malformed", "The script of the ceremony does not hold.", where=field)
