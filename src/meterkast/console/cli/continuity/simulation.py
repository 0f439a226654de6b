"""Runs of a scenario, with a bar while they take long."""

from typing import TYPE_CHECKING

from meterkast.console.cli.progress import counted

if TYPE_CHECKING:
    from meterkast.assurance.continuity.answers import Answers
    from meterkast.assurance.continuity.scenario import Scenario

_LONG = 20_000
"""Fewer runs are done before a bar would be worth a look."""


def simulated(scenario: "Scenario", seed: int, runs: int, *, quiet: bool) -> "Answers":
    """The answers of a scenario.

    Raises:
        DataError: as ``meterkast.assurance.continuity.answers.run``.
    """
    from meterkast.assurance.continuity import answers

    with counted("continuity", runs, quiet=quiet or runs < _LONG) as watch:
        return answers.run(scenario, seed, runs, on_progress=watch)
