"""``meterkast headend quarantine`` and ``pair``: what waits for a decision, and how somebody decides."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import SITE, Site
from meterkast.console.exits import Exit
from meterkast.model.calendar import iso_local
from meterkast.model.errors import LocalError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from meterkast.outside.database.quarantine import Quarantined, Standing, Suspicion

_NAME_LENGTH = 64

Position = Annotated[int, typer.Argument(metavar="POSITION", min=1, help="Of the message, as listed.")]
Title = Annotated[str, typer.Argument(metavar="GATEWAY", help="System title of the gateway.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides; it is kept with the decision.")]


def add(headend: typer.Typer) -> None:
    """Adds the commands to those of the head-end."""
    command(headend, "pair", examples=("meterkast headend pair KFM5000000000017 MKG0000000002",))(pair)
    group = typer.Typer(help="Messages that are authentic and not used until somebody decides.")
    command(group, "list", examples=("meterkast headend quarantine list --json",))(listed)
    command(group, "release", examples=("meterkast headend quarantine release 17 --by j.jansen",))(release)
    command(group, "drop", examples=("meterkast headend quarantine drop 17 --by j.jansen",))(drop)
    command(group, "clear", examples=("meterkast headend quarantine clear MKG0000000001 --by j.jansen",))(
        clear
    )
    headend.add_typer(group, name="quarantine", no_args_is_help=True)


def listed(
    answer: Answer,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are decided.")] = False,
    site: Site = SITE,
) -> Exit:
    """Show the messages that wait, why, and the gateways under suspicion."""
    from meterkast.outside.database.quarantine import Standing, messages, suspects

    wanted = tuple(Standing) if everything else (Standing.WAITING, Standing.RELEASING)
    with _centre(site) as (connection, _):
        found, suspected = messages(connection, *wanted), list(suspects(connection).values())
    answer.document(
        {
            "messages": [_message(each) for each in found],
            "suspected": [_suspicion(each) for each in suspected],
        }
    )
    for each in found:
        disputes = "" if each.disputes is None else f"  disputes the stored message {each.disputes}"
        by = "" if each.decided_by is None else f"  by {ascii(each.decided_by)[1:-1]}"
        answer.text(
            f"{each.position:>8}  {iso_local(each.since)}  {each.gateway} counter {each.counter}"
            f"  {each.code}  {each.standing}{by}{disputes}"
        )
    for suspicion in suspected:
        answer.text(f"{suspicion.gateway} is suspected since {iso_local(suspicion.since)}: {suspicion.code}")
    answer.note(f"{len(found)} messages, {len(suspected)} gateways under suspicion")
    return Exit.DONE


def release(answer: Answer, position: Position, by: By, site: Site = SITE) -> Exit:
    """Have a message examined again and stored; the intake does so at its next step.

    It is stored although its certificate is revoked, its counter is disputed or its gateway is suspected.
    Where something else is in the way, such as a device that is not registered, it waits again.
    """
    from meterkast.outside.database.quarantine import Standing

    return _decide(answer, site, position, Standing.RELEASING, by)


def drop(answer: Answer, position: Position, by: By, site: Site = SITE) -> Exit:
    """Decide that a message is never used; it stays on the bus, and the decision is kept."""
    from meterkast.outside.database.quarantine import Standing

    return _decide(answer, site, position, Standing.DROPPED, by)


def clear(answer: Answer, gateway: Title, by: By, site: Site = SITE) -> Exit:
    """End the suspicion of a gateway: what it sends from now on is used. What waits is decided one by one."""
    from meterkast.outside.database.quarantine import clear as clear_suspicion

    with _centre(site) as (connection, now):
        clear_suspicion(connection, gateway, by=_name(by), now=now)
    answer.document({"gateway": gateway, "suspected": False})
    answer.text(f"{gateway} is under no suspicion")
    return Exit.DONE


def pair(
    answer: Answer,
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="Name of the device.")],
    gateway: Title,
    site: Site = SITE,
) -> Exit:
    """Put a device behind another gateway of the same connection, after somebody has looked.

    What was quarantined with `device-elsewhere` fits from then on, once it is released.
    """
    from meterkast.headend.registry import Registry
    from meterkast.model.identity import SystemTitle

    with _centre(site) as (connection, _):
        Registry(connection).pair(device, SystemTitle.parse(gateway))
    answer.document({"device": device, "gateway": gateway})
    answer.text(f"{device} hangs behind {gateway}")
    return Exit.DONE


def _decide(answer: Answer, site: "Path", position: int, standing: "Standing", by: str) -> Exit:
    from meterkast.outside.database.quarantine import decide

    with _centre(site) as (connection, now):
        decided = decide(connection, position, standing, by=_name(by), now=now)
    answer.document(_message(decided))
    answer.text(f"message {position} of {decided.gateway}: {decided.standing}")
    return Exit.DONE


@contextmanager
def _centre(site: "Path") -> Iterator[tuple["Connection", int]]:
    """A transaction on the site's register, and metering time."""
    from meterkast.console.store import readable
    from meterkast.outside.clock import SharedClock, SystemClock
    from meterkast.outside.database.engine import writing
    from meterkast.outside.database.migrations import upgrade

    clock = SharedClock(site / "clock") if (site / "clock").exists() else SystemClock()
    with readable(site) as database:
        upgrade(database)
        with writing(database) as connection:
            yield connection, int(clock.now())


def _name(by: str) -> str:
    name = by.strip()
    if not 1 <= len(name) <= _NAME_LENGTH:
        raise LocalError(
            "quarantine-name-unusable", f"A name has 1 to {_NAME_LENGTH} characters.", where="--by"
        )
    return name


def _message(each: "Quarantined") -> dict[str, Any]:
    return {
        "position": each.position,
        "gateway": each.gateway,
        "counter": each.counter,
        "code": each.code,
        "since": iso_local(each.since),
        "state": each.standing.value,
        "disputes": each.disputes,
        "decided_at": None if each.decided_at is None else iso_local(each.decided_at),
        "decided_by": each.decided_by,
    }


def _suspicion(each: "Suspicion") -> dict[str, Any]:
    return {"gateway": each.gateway, "code": each.code, "since": iso_local(each.since)}
