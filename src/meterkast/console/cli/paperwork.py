"""Files that somebody hands in to ``meterkast tender``: an assessment, a policy, an exclusion order.

Each is TOML with hyphens in its field names. An assessment::

    assessor = "first"
    supplier = "sagemcom"
    component = "C1"

    [levels.control]
    level = 2
    veto = false
    with-measures = ["keys kept by the operator"]
    evidence = [{ what = "share register", value = "listed", ref = "register extract 2026-05-01" }]

An order::

    party = "kaifa-nl"
    law = "CBW-21A"
    reason = "b"
    parts = ["C1"]
    purpose = "limit"
    replacement-days = 1460
    facts = [{ what = "finding of the minister", value = "close ties", ref = "decision of 2027-01-15" }]
    lesser-means = [{ measure = "audit", rejected-because = "…" }]
    signatures = [{ role = "line-minister", on = 2027-02-01 }]
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from meterkast.assurance.dossier import Dossier
from meterkast.assurance.dossier.fact import Confidence
from meterkast.assurance.dossier.reading import parse_toml, read_record
from meterkast.assurance.framework import Assessment, Level, Policy, policy
from meterkast.assurance.rules import Ground
from meterkast.assurance.tender import Order
from meterkast.assurance.tender.exclusion import JUSTICE, LAWS, LINE_MINISTER, LesserMeans, Purpose, Reason
from meterkast.console.cli.input import read
from meterkast.model.errors import DataError, LocalError

_SIGNERS = f"Signed by: {LINE_MINISTER}, {JUSTICE}."
PACKAGED = "packaged"
"""Names the policy that comes with Meterkast, where a file is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    what: str
    value: str
    ref: str
    confidence: Confidence = Confidence.VERIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    level: int | None = None
    evidence: tuple[_Evidence, ...] = ()
    veto: bool = False
    with_measures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Assessment:
    assessor: str
    supplier: str
    component: str
    levels: dict[str, _Level]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signature:
    role: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    party: str
    law: str
    reason: Reason | None = None
    facts: tuple[_Evidence, ...] = ()
    parts: tuple[str, ...] = ()
    purpose: Purpose | None = None
    lesser_means: tuple[LesserMeans, ...] = ()
    replacement_days: int | None = None
    signatures: tuple[_Signature, ...] = ()


def read_policy(file: str) -> Policy:
    """A policy from a file, or the packaged one by the word ``packaged``.

    Raises:
        DataError: ``dossier-*`` and ``policy-*``, with file and field.
    """
    if file == PACKAGED:
        return policy()
    given = read_record(Policy, _table(file), f"{file}: policy")
    for finding in given.check():
        place = finding.message.partition(":")[2]
        raise DataError(finding.code, "The policy does not fit together.", where=f"{file}: {place}")
    return given


def read_assessment(file: str, by: Policy) -> Assessment:
    """What an assessor found, as far as the policy knows it.

    Raises:
        DataError: ``dossier-*`` and ``assessment-*``, with file and field.
    """
    given = read_record(_Assessment, _table(file), f"{file}: assessment")
    made = Assessment(
        assessor=given.assessor,
        supplier=given.supplier,
        component=given.component,
        levels={
            criterion: Level(
                level=found.level,
                evidence=_grounds(found.evidence, f"{file}: levels.{criterion}.evidence"),
                veto=found.veto,
                with_measures=found.with_measures,
            )
            for criterion, found in given.levels.items()
        },
    )
    try:
        made.check(by)
    except DataError as error:
        criterion = (error.where or "").rpartition(": ")[2]
        known = ", ".join(each.id for each in by.criterion)
        raise DataError(
            error.code, error.message, where=f"{file}: levels.{criterion}", hint=f"Criteria: {known}."
        ) from error
    return made


def read_order(file: str, dossier: Dossier, party: str, day: date) -> Order:
    """An order on a party, walked as far as the file carries it: assessed, then signed.

    Signatures under an order that lacks something do not count, and it stays a draft.

    Raises:
        DataError: ``dossier-*`` and ``order-*``, with file and field.
    """
    given = read_record(_Order, _table(file), f"{file}: order")
    _agrees(given, dossier, party, file)
    order = Order(
        party=party,
        law=given.law,
        reason=given.reason,
        facts=_grounds(given.facts, f"{file}: facts"),
        parts=given.parts,
        purpose=given.purpose,
        lesser_means=given.lesser_means,
        replacement_days=given.replacement_days,
    )
    complete = not order.check(day)
    order = order.assess(day) if complete else order
    for place, signature in enumerate(given.signatures):
        where = f"{file}: signatures[{place}].role"
        if signature.role not in (LINE_MINISTER, JUSTICE):
            raise DataError("order-signer-wrong", "This is nobody who signs.", where=where, hint=_SIGNERS)
        if complete:
            order = _signed(order, signature, where)
    return order


def _agrees(given: _Order, dossier: Dossier, party: str, file: str) -> None:
    """Refuses an order on somebody else, on parts that nobody knows, under no such law, or in no time."""
    known = {each.id for each in dossier.components} | {each.id for each in dossier.parts}
    unknown = [part for part in given.parts if part not in known]
    if given.party != party:
        raise DataError("order-party-differs", "The order names another party.", where=f"{file}: party")
    if given.law not in LAWS:
        hint = f"Laws: {', '.join(LAWS)}."
        raise DataError("order-law-unknown", "No order rests on that.", where=f"{file}: law", hint=hint)
    if unknown:
        message = f"The dossier has no component or part {unknown[0]!r}."
        raise DataError("order-part-unknown", message, where=f"{file}: parts")
    if given.replacement_days is not None and given.replacement_days < 1:
        raise DataError("order-term-wrong", "A term is one day at least.", where=f"{file}: replacement-days")


def _signed(order: Order, signature: _Signature, where: str) -> Order:
    try:
        return order.sign(signature.role, signature.on)
    except LocalError as error:
        raise DataError(error.code, error.message, where=where, hint=_SIGNERS) from error


def _grounds(rows: tuple[_Evidence, ...], where: str) -> tuple[Ground, ...]:
    for place, row in enumerate(rows):
        for name in ("what", "value", "ref"):
            if not getattr(row, name).strip():
                raise DataError(
                    "evidence-blank",
                    "Evidence says what, and where it stands.",
                    where=f"{where}[{place}].{name}",
                )
    return tuple(
        Ground(what=row.what, value=row.value, ref=row.ref, confidence=row.confidence) for row in rows
    )


def _table(file: str) -> dict[str, Any]:
    try:
        text = read(file).decode()
    except UnicodeDecodeError as error:
        raise DataError("file-unreadable", "The file is no readable UTF-8.", where=file) from error
    return parse_toml(text, file)
