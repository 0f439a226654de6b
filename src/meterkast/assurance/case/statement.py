"""Statements: what was found about which subjects, in the notation of in-toto (Statement v1)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import rfc8785

from meterkast import __version__
from meterkast.assurance.case.reference import Reference
from meterkast.model.errors import DataError

PAYLOAD_TYPE = "application/vnd.in-toto+json"
TOOL = f"meterkast {__version__}"
VALID_SECONDS = 30 * 86_400
"""How long evidence is good that was executed or computed: it must be fresh."""

_STATEMENT = "https://in-toto.io/Statement/v1"
_OWN = "meterkast"


class Predicate(StrEnum):
    """What kind of statement it is, by the address of its definition."""

    TEST = "https://in-toto.io/attestation/test-result/v0.1"
    AUDIT = "https://slsa.dev/verification_summary/v1"
    EVALUATION = "urn:meterkast:evaluation:v1"


class Disclosure(StrEnum):
    """Who may read the evidence itself; its verdict, scope and date are for everybody."""

    PUBLIC = "public"
    PARLIAMENT = "parliament"
    SUPERVISOR = "supervisor"
    SEALED = "sealed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One finding, before it is signed.

    Attributes:
        reference: what it answers, such as ``probe:no_switch``.
        predicate: kind of statement.
        verdict: ``proven``, ``refuted``, ``open`` or what a rule or model gave.
        subjects: SHA-256 in hexadecimal of everything it is about, by name.
        started: Unix seconds of real time.
        finished: the same.
        valid_until: the same; afterwards it is stale.
        disclosure: who may read it.
        tool: name and version of what made it.
        policy: version of the policy or rules that it followed.
        run: id that all statements of one run share.
        body: what the kind of statement says further.
        own: what this project says further.
    """

    reference: Reference
    predicate: Predicate
    verdict: str
    subjects: Mapping[str, str]
    started: float
    finished: float
    valid_until: float
    disclosure: Disclosure = Disclosure.PUBLIC
    tool: str = ""
    policy: str = ""
    run: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    own: Mapping[str, Any] = field(default_factory=dict)

    def encode(self) -> bytes:
        """Canonical JSON (RFC 8785), to be signed."""
        own: dict[str, Any] = {
            "reference": str(self.reference),
            "verdict": self.verdict,
            "started": self.started,
            "finished": self.finished,
            "validUntil": self.valid_until,
            "disclosure": self.disclosure.value,
            "tool": self.tool,
            "policy": self.policy,
            "run": self.run,
            **self.own,
        }
        subjects: list[Any] = [
            {"name": name, "digest": {"sha256": digest}} for name, digest in sorted(self.subjects.items())
        ]
        return rfc8785.dumps(
            {
                "_type": _STATEMENT,
                "subject": subjects,
                "predicateType": self.predicate.value,
                "predicate": {**self.body, _OWN: own},
            }
        )

    @classmethod
    def decode(cls, octets: bytes) -> "Statement":
        """Reads a statement.

        Raises:
            DataError: ``statement-malformed``.
        """
        try:
            document = json.loads(octets)
            body = dict(document["predicate"])
            own = dict(body.pop(_OWN))
            if document["_type"] != _STATEMENT:
                raise ValueError(document["_type"])
            return cls(
                reference=Reference.parse(own.pop("reference")),
                predicate=Predicate(document["predicateType"]),
                verdict=_text(own.pop("verdict")),
                subjects={
                    _text(each["name"]): _text(each["digest"]["sha256"]) for each in document["subject"]
                },
                started=float(own.pop("started")),
                finished=float(own.pop("finished")),
                valid_until=float(own.pop("validUntil")),
                disclosure=Disclosure(own.pop("disclosure")),
                tool=_text(own.pop("tool")),
                policy=_text(own.pop("policy")),
                run=_text(own.pop("run")),
                body=body,
                own=own,
            )
        except (ValueError, TypeError, KeyError, DataError, RecursionError) as error:
            raise DataError("statement-malformed", "This is not a statement about evidence.") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(type(value).__name__)
    return value
