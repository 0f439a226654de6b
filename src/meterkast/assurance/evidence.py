"""Evidence: what a probe saw on the genuine chain and on each mutant, appended and never rewritten."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from meterkast.assurance.claim import Claim
from meterkast.model.errors import DataError

VALID_SECONDS = 30 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one run of a probe saw.

    Attributes:
        holds: whether the claim held on this target.
        observed: how much was looked at (commands, envelopes, octets); seeing nothing proves nothing.
        detail: one sentence for people, without personal data.
    """

    holds: bool
    observed: int
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One proof of one claim: the genuine target and every mutant, in one run.

    ``started`` and ``finished`` are Unix seconds of real time; ``subject`` is the digest of the code that
    the proof is about; ``mutants`` names each mutant with what the probe saw on it.
    """

    claim: str
    probe: str
    subject: str
    seed: int
    started: float
    finished: float
    genuine: Observation
    mutants: dict[str, Observation]

    @property
    def status(self) -> str:
        """``proven``, ``refuted``, or ``open`` where nothing was observed or a mutant survived."""
        if not self.genuine.observed or not self.mutants:
            return "open"
        if not self.genuine.holds:
            return "refuted"
        caught = all(not seen.holds and seen.observed for seen in self.mutants.values())
        return "proven" if caught else "open"


def status_of(evidence: Evidence | None, subject: str, now: float) -> str:
    """The status that evidence gives today: ``stale`` once it expired or its subject changed."""
    if evidence is None:
        return "open"
    if evidence.status == "proven" and (
        evidence.subject != subject or now > evidence.finished + VALID_SECONDS
    ):
        return "stale"
    return evidence.status


def subject_digest(claim: Claim) -> str:
    """SHA-256 over names and content of every source file that the claim is about."""
    digest = hashlib.sha256()
    package = files("meterkast")
    for folder in claim.subjects:
        for name, file in sorted(_sources(package.joinpath(folder), folder)):
            digest.update(name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _sources(folder: Traversable, name: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        path = f"{name}/{entry.name}"
        if entry.is_dir() and entry.name != "__pycache__":
            found += _sources(entry, path)
        elif entry.name.endswith((".py", ".toml")):
            found.append((path, entry))
    return found


class EvidenceFile:
    """The record of a site: one JSON line per proof, oldest first."""

    def __init__(self, site: Path) -> None:
        self._path = site / "assurance" / "evidence.jsonl"

    def append(self, evidence: Evidence) -> None:
        """Adds a proof durably."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(evidence), sort_keys=True) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def latest(self) -> dict[str, Evidence]:
        """The last proof of each claim; empty where none was made yet.

        Raises:
            DataError: ``evidence-malformed`` where a line does not hold a proof.
        """
        if not self._path.exists():
            return {}
        latest: dict[str, Evidence] = {}
        for number, line in enumerate(self._path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                evidence = _parse(line)
            except (ValueError, TypeError, KeyError) as error:
                raise DataError(
                    "evidence-malformed",
                    "A line of the evidence file does not hold a proof.",
                    where=f"{self._path}:{number}",
                    hint="Remove the line, then run: meterkast assurance run",
                ) from error
            latest[evidence.claim] = evidence
        return latest


def _parse(line: str) -> Evidence:
    fields = json.loads(line)
    fields["genuine"] = Observation(**fields["genuine"])
    fields["mutants"] = {name: Observation(**seen) for name, seen in fields["mutants"].items()}
    return Evidence(**fields)
