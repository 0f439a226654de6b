"""A fixed hour, two dossiers, and a site whose record holds what a test puts in it."""

import shutil
from datetime import date
from importlib.resources import files
from pathlib import Path

from meterkast.assurance.case.record import Record
from meterkast.assurance.case.reference import Reference
from meterkast.assurance.case.standing import Standing
from meterkast.assurance.case.statement import Disclosure, Predicate, Statement
from meterkast.assurance.report.preparing import Prepared, prepare

NOW = 1_795_000_000.0
DAY = 86_400.0
SECOND = Path(__file__).parent / "second"
PACKAGED = Path(str(files("meterkast.assurance"))) / "data" / "nl-2026Z00004"


def prepared(
    site: Path, *, dossier: Path | None = None, questions: Path | None = None, at: date | None = None
) -> Prepared:
    return prepare(site, now=NOW, dossier=dossier, questions=questions, at=at)


def edited(into: Path, file: str, old: str, new: str, *, dossier: Path = PACKAGED) -> Path:
    """A copy of a dossier in which one text of one file is another."""
    shutil.copytree(dossier, into)
    path = into / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return into


def prove(
    site: Path, reference: str, *, disclosure: Disclosure = Disclosure.PUBLIC, detail: str = ""
) -> None:
    """Puts evidence on the record as a run of a probe would."""
    sought = Reference.parse(reference)
    subjects = Standing.at(site, now=NOW).sources.subjects(sought)
    statement = Statement(
        reference=sought,
        predicate=Predicate.TEST,
        verdict="proven",
        subjects=subjects,
        started=NOW - 60,
        finished=NOW - 50,
        valid_until=NOW + 30 * DAY,
        disclosure=disclosure,
        tool="meterkast test",
        run="run-1",
        own={"detail": detail},
    )
    Record(site).append(statement, at=NOW - 50)
