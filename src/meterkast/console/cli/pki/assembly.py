"""The people of a real ceremony, round one terminal."""

from collections.abc import Sequence

import typer

from meterkast.console.cli.answer import Answer
from meterkast.model.errors import LocalError
from meterkast.pki.ceremony.card import SHORTEST_PASSPHRASE
from meterkast.pki.ceremony.script import Step


class Assembly:
    """Asks on standard error: the result stays alone on standard output. What is typed is not shown."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def announce(self, step: Step) -> None:
        """Reads the step out and waits for the conductor.

        Raises:
            LocalError: ``ceremony-stopped`` where the conductor says no.
        """
        self._answer.note(f"\n{step.action}\n  {step.nl}\n  {step.en}")
        if not typer.confirm("Go on?", default=True, err=True):
            raise LocalError("ceremony-stopped", "The conductor has stopped the ceremony.", where=step.action)

    def agree(self, wishes: Sequence[str]) -> None:
        """Reads out what is wanted and waits for the conductor.

        Raises:
            LocalError: ``ceremony-stopped`` where somebody objects.
        """
        for wish in wishes:
            self._answer.note(f"  - {wish}")
        if not typer.confirm("Is that what everybody wants?", default=False, err=True):
            raise LocalError(
                "ceremony-stopped", "The conductor has stopped the ceremony.", where="wanted.toml"
            )

    def present(self, holders: tuple[str, ...]) -> tuple[str, ...]:
        """Asks who is here."""
        return tuple(name for name in holders if typer.confirm(f"Is {name} here?", default=True, err=True))

    def new_passphrase(self, holder: str) -> str:
        """Asks twice."""
        prompt = f"{holder}, choose a passphrase of at least {SHORTEST_PASSPHRASE} characters"
        return str(typer.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True))

    def passphrase(self, holder: str) -> str:
        """Asks once."""
        return str(typer.prompt(f"{holder}, your passphrase", hide_input=True, err=True))

    def user_pin(self) -> str:
        """The PIN that the token was initialised with."""
        return str(typer.prompt("First PIN of the token", hide_input=True, err=True))

    def so_pin(self) -> str:
        """The PIN of its security officer."""
        return str(typer.prompt("First PIN of the token's security officer", hide_input=True, err=True))
