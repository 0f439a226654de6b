"""``pki status``: how the PKI of an operator stands, for a page, a timer or a person."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import SITE, Site
from meterkast.console.cli.pki.opening import now, require_pki
from meterkast.console.cli.pki.options import Tenant
from meterkast.console.cli.pki.witnesses import log_of
from meterkast.console.exits import Exit

if TYPE_CHECKING:
    from meterkast.pki.census import Ending
    from meterkast.pki.overview import Held, Overview


def add(group: typer.Typer) -> None:
    """Adds the command."""
    command(group, "status", examples=("meterkast pki status --site ./site --json",))(status)


def status(answer: Answer, site: Site = SITE, operator: Tenant = None) -> Exit:
    """Count the fleet by state, algorithm and expiry; tell the age of lists, log and own certificates.

    It changes nothing, and ends with 1 where something is overdue.
    """
    from meterkast.outside.trust import TrustFolder
    from meterkast.pki.overview import overview

    require_pki(site)
    at = now()
    found = overview(site / "pki", TrustFolder(site / "trust"), now=at, operator=operator, log=log_of(site))
    answer.document(_document(found, at))
    _tell(answer, found, at)
    return Exit.FAILED if found.overdue() else Exit.DONE


def _tell(answer: Answer, found: "Overview", at: datetime) -> None:
    answer.text(f"{found.operator}: {found.gateways} gateways, {found.expected} of them expected to enrol")
    for row in found.fleet:
        answer.text(f"  {row.count:>9}  {row.purpose:<4} {row.algorithm:<10} {row.state}")
    for ending in found.endings:
        answer.text(f"  {ending.count:>9}  {ending.purpose:<4} {_when(ending)}")
    for listed in found.lists:
        told = f"begun {_age(at - listed.since)} ago, {listed.revoked} revoked" if listed.since else ""
        answer.text(f"  list {listed.name:<12} {listed.state:<7} {told}".rstrip())
    for held in (*found.authorities, *found.own):
        name = f"{held.holder} for {held.issuer}" if held.purpose == "ocsp" else held.holder
        life = f"{held.since:%Y-%m-%d} until {held.until:%Y-%m-%d}"
        answer.text(f"  {held.purpose:<14} {held.state:<7} {life}  {name}")
    if found.log is not None:
        answer.text(f"  log {found.log.published} certificates public, {found.log.waiting} waiting")
    due = ", ".join(f"{each.holder} ({each.purpose})" for each in found.due())
    if due:
        answer.text(f"It is time for a successor: {due}.")
        answer.text("Renew them with `meterkast pki renew`, authorities and roots with `meterkast pki roll`.")
    overdue = found.overdue()
    answer.text(f"Overdue: {', '.join(overdue)}." if overdue else "Nothing is overdue.")


def _document(found: "Overview", at: datetime) -> dict[str, Any]:
    return {
        "operator": found.operator,
        "at": _text(at),
        "gateways": {"inventory": found.gateways, "expected": found.expected},
        "fleet": [
            {"purpose": row.purpose, "algorithm": row.algorithm, "state": row.state, "count": row.count}
            for row in found.fleet
        ],
        "endings": [
            {"purpose": each.purpose, "within_days": each.within_days, "count": each.count}
            for each in found.endings
        ],
        "lists": [
            {
                "name": each.name,
                "number": each.number,
                "since": _text(each.since),
                "age_seconds": int((at - each.since).total_seconds()) if each.since else None,
                "until": _text(each.until),
                "revoked": each.revoked,
                "state": each.state,
            }
            for each in found.lists
        ],
        "log": None
        if found.log is None
        else {
            "published": found.log.published,
            "at": _text(found.log.at),
            "waiting": found.log.waiting,
            "waiting_since": _text(found.log.waiting_since),
            "state": found.log.state,
        },
        "authorities": [_held(each) for each in found.authorities],
        "own": [_held(each) for each in found.own],
        "due": [{"holder": each.holder, "purpose": each.purpose} for each in found.due()],
        "overdue": found.overdue(),
    }


def _held(each: "Held") -> dict[str, Any]:
    return {
        "holder": each.holder,
        "purpose": each.purpose,
        "issuer": each.issuer,
        "algorithm": each.algorithm,
        "since": _text(each.since),
        "until": _text(each.until),
        "state": each.state,
    }


def _when(ending: "Ending") -> str:
    if ending.within_days is None:
        return "ends later"
    return f"ends within {ending.within_days} days" if ending.within_days else "has ended"


def _age(age: timedelta) -> str:
    """In the largest unit of which there are at least two."""
    total = int(age.total_seconds())
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if total >= 2 * length:
            return f"{total // length} {unit}"
    return f"{total} seconds"


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
