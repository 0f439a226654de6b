"""``pki monitor``: one operator's eye on the log."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import SITE, Site
from meterkast.console.cli.pki.log import LogKeyFile, Trust, chosen_key, read_certificate
from meterkast.console.cli.pki.opening import now
from meterkast.console.exits import Exit
from meterkast.model.errors import DataError

if TYPE_CHECKING:
    from meterkast.pki.log.monitor import Monitor, Notebook, Watch


def add(group: typer.Typer) -> None:
    """Adds the command."""
    examples = (
        "meterkast pki monitor --operator stadsnet --inventory ours.csv --site ./site",
        "meterkast pki monitor --operator stadsnet --inventory ours.csv --log ./public --trust ./trust",
    )
    command(group, "monitor", examples=examples)(monitor)


def monitor(
    answer: Answer,
    operator: Annotated[str, typer.Option(metavar="NAME", help="Whose devices are watched.")],
    inventory: Annotated[
        Path, typer.Option(metavar="FILE", help="Table of holder and released: who is to have certificates.")
    ],
    log: Annotated[
        str | None, typer.Option(metavar="PLACE", help="The log: a folder or a URL; else that of the site.")
    ] = None,
    site: Site = SITE,
    state: Annotated[Path, typer.Option(metavar="FILE", help="What the monitor remembers.")] = Path(
        "monitor.sqlite"
    ),
    key: LogKeyFile = None,
    trust: Trust = None,
    register: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Serial numbers in the authority's register, one a line."),
    ] = None,
    in_use: Annotated[
        list[Path] | None,
        typer.Option("--in-use", metavar="FILE", help="A certificate that was seen at work."),
    ] = None,
    gossip: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder shared with other viewers of the log.")
    ] = None,
    settle: Annotated[
        list[int] | None, typer.Option(metavar="NUMBER", help="An alarm that has been looked into.")
    ] = None,
) -> Exit:
    """Take in what is new in the log; ends with 1 while an alarm stands.

    Without `--log` it is the log of the site, as it stands in its public folder. Without `--trust` and
    `--key` the trust folder of the site vouches for it.
    """
    from meterkast.pki.log.monitor import Gossip, Notebook

    notebook = Notebook(state)
    try:
        for number in settle or ():
            notebook.settle(number)
        place = log or str(site / "pki" / "log" / "public")
        believed = trust or (site / "trust" if key is None else None)
        follower = _monitor(notebook, operator, place, inventory, key, believed, register)
        shared = Gossip(gossip, operator) if gossip is not None else None
        watch = follower.look(now(), gossip=shared, in_use=[read_certificate(path) for path in in_use or ()])
    finally:
        notebook.close()
    _say(answer, watch)
    return Exit.FAILED if watch.alarms else Exit.DONE


def _monitor(
    notebook: "Notebook",
    operator: str,
    log: str,
    inventory: Path,
    key: Path | None,
    trust: Path | None,
    register: Path | None,
) -> "Monitor":
    from meterkast.outside.trust import TrustFolder
    from meterkast.pki.log import LogReader, source
    from meterkast.pki.log.monitor import Inspector, Inventory, Monitor

    reader = LogReader.at(source(log), chosen_key(key, trust))
    inspector = Inspector(
        inventory=Inventory.read(inventory, operator=operator),
        authorities=TrustFolder(trust).intermediates() if trust is not None else (),
        register=_serials(register) if register is not None else None,
    )
    return Monitor(reader, notebook, inspector)


def _serials(path: Path) -> frozenset[str]:
    """Hexadecimal numbers, one a line, in whatever case."""
    try:
        return frozenset(f"{int(line, 16):x}" for line in path.read_text(encoding="utf-8").split())
    except (OSError, ValueError) as cause:
        message = "The register does not hold one hexadecimal number a line."
        raise DataError("monitor-register-malformed", message, where=str(path)) from cause


def _say(answer: Answer, watch: "Watch") -> None:
    answer.document(
        {
            "origin": watch.checkpoint.origin,
            "size": watch.checkpoint.size,
            "root": watch.checkpoint.root.hex(),
            "entries": watch.entries,
            "alarms": [alarm.to_dict() for alarm in watch.alarms],
        }
    )
    answer.text(f"{watch.checkpoint.origin}: {watch.entries} new of {watch.checkpoint.size} entries.")
    for standing in watch.alarms:
        about = " ".join(each for each in (standing.alarm.holder, standing.alarm.serial) if each)
        mark = "new" if standing.new else "stands"
        answer.text(f"  {standing.number}  {mark}  {standing.alarm.code}  {about}  {standing.alarm.message}")
