"""A rehearsal with its people at hand: to stay away, to forget, and to pull the token out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from keystore.softhsm import MODULE
from meterkast.model.errors import MeterkastError
from meterkast.pki.ceremony import Ceremony, Stage, packaged_script, rehearsal
from meterkast.pki.ceremony.actions import ACTIONS
from meterkast.pki.ceremony.record import Record
from meterkast.pki.ceremony.rehearsal import RehearsedPeople
from meterkast.pki.ceremony.transcript import read_records


@dataclass
class Rehearsal:
    stage: Stage

    @property
    def people(self) -> RehearsedPeople:
        people = self.stage.people
        assert isinstance(people, RehearsedPeople)
        return people

    @property
    def path(self) -> Path:
        return self.stage.folder / "transcript.jsonl"

    @property
    def tokens(self) -> Path:
        return self.stage.folder / "token" / "tokens"

    def records(self) -> list[Record]:
        return read_records(self.path)

    def unplug(self) -> None:
        self.tokens.rename(self.tokens.with_name("unplugged"))
        self.tokens.mkdir()

    def plug_in(self) -> None:
        self.tokens.rmdir()
        self.tokens.with_name("unplugged").rename(self.tokens)

    def fail(self, *, resume: bool = False) -> str:
        """Holds it, and gives the code of what it fails with."""
        try:
            (Ceremony.resume if resume else Ceremony.begin)(self.stage).hold()
        except MeterkastError as error:
            return error.code
        return "nothing"


@contextmanager
def rehearsed(folder: Path, seed: str = "seed") -> Iterator[Rehearsal]:
    with rehearsal(folder, packaged_script(), operator="stadsnet", seed=seed, module=MODULE) as stage:
        yield Rehearsal(stage)


@contextmanager
def before(action: str, do: Callable[[], object]) -> Iterator[None]:
    """Something happens between the beginning of a step and its work."""
    real = ACTIONS[action]

    def disturbed(stage: Stage) -> object:
        do()
        return real(stage)

    ACTIONS[action] = disturbed  # type: ignore[assignment]
    try:
        yield
    finally:
        ACTIONS[action] = real
