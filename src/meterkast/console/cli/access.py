"""``meterkast access``: who may read, by the policy, and who asked for a household's readings, by the log."""

from typing import Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import SITE, Site
from meterkast.console.exits import Exit
from meterkast.model.calendar import iso_local
from meterkast.model.ean import Ean

_POLICY_EXAMPLES = ("meterkast access policy",)
_LOG_EXAMPLES = ("meterkast access log --ean 871687000000000016",)


def add(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(help="Who may read whose readings, and who asked.")
    command(group, "policy", examples=_POLICY_EXAMPLES)(policy)
    command(group, "log", examples=_LOG_EXAMPLES)(log)
    app.add_typer(group, name="access", no_args_is_help=True)


def policy(answer: Answer) -> Exit:
    """Show every rule that allows anybody to read; what no rule allows is denied."""
    from meterkast.mdm.policy import Policy

    packaged = Policy.packaged()
    rules = [
        {"id": rule.id, "role": rule.role, "purposes": sorted(rule.purposes), "tie": rule.tie}
        for rule in packaged.rules
    ]
    answer.document({"version": packaged.version, "rules": rules})
    for rule in packaged.rules:
        answer.text(f"{rule.role:10}  by {rule.tie:10}  for {', '.join(sorted(rule.purposes))}  ({rule.id})")
    answer.note(f"policy {packaged.version}; all else is denied")
    return Exit.DONE


def log(
    answer: Answer,
    ean: Annotated[str, typer.Option(help="Connection, 18 digits.", metavar="EAN")],
    site: Site = SITE,
) -> Exit:
    """Show every decision on the readings of a connection, as its household may see it."""
    from meterkast.console.store import readable
    from meterkast.mdm.decisions import DecisionLog

    with readable(site) as database:
        decisions = DecisionLog(database).about(Ean(ean).digits)
    rows = [
        {
            "at": iso_local(each.at),
            "role": each.asker.role,
            "party": each.asker.party,
            "purpose": each.purpose,
            "device": each.device,
            "first_day": each.first_day and each.first_day.isoformat(),
            "last_day": each.last_day and each.last_day.isoformat(),
            "allowed": each.allowed,
            "rule": each.rule,
            "policy": each.policy,
        }
        for each in decisions
    ]
    answer.document({"ean": ean, "decisions": rows})
    for row in rows:
        verdict = f"allowed by {row['rule']}" if row["allowed"] else "denied"
        answer.text(f"{row['at']}  {row['role']} {row['party']}  for {row['purpose']}  {verdict}")
    answer.note(f"{len(rows)} decisions")
    return Exit.DONE
