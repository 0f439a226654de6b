"""Generations: a key is never replaced, so its successor has a number behind its name."""

import re

_NAME = re.compile(r"(?P<label>[a-z0-9-]+?)(?:-g(?P<number>[0-9]{1,4}))?")


def nth(label: str, number: int) -> str:
    """The name of the n-th generation: ``device``, then ``device-g2``."""
    return label if number == 1 else f"{label}-g{number}"


def number_of(name: str) -> int:
    """Which generation a name is of."""
    match = _NAME.fullmatch(name)
    return int(match["number"]) if match and match["number"] else 1


def label_of(name: str) -> str:
    """The name without its generation."""
    match = _NAME.fullmatch(name)
    return match["label"] if match else name


def generations(names: set[str], label: str) -> list[str]:
    """Every generation of a label among names, oldest first."""
    return sorted((name for name in names if label_of(name) == label), key=number_of)


def newest(names: set[str], label: str) -> str:
    """The youngest generation of a label; the first one where there is none yet."""
    return (generations(names, label) or [label])[-1]


def following(names: set[str], label: str) -> str:
    """The generation behind the youngest; the first one where there is none yet."""
    made = generations(names, label)
    return nth(label, number_of(made[-1]) + 1) if made else label
