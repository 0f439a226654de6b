"""``pki backup`` and ``recover``: a copy of the register, and what was issued since if it was put back."""

from pathlib import Path
from typing import Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import PROFILE, SITE, Profile, Site
from meterkast.console.cli.pki.opening import now, require_pki, tenants_of
from meterkast.console.exits import Exit


def add(group: typer.Typer) -> None:
    """Adds the commands."""
    command(group, "backup", examples=("meterkast pki backup register.backup --site ./site",))(backup)
    command(group, "recover", examples=("meterkast pki recover --site ./site",))(recover)


def backup(
    answer: Answer,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes; replaced when it is.")],
    site: Site = SITE,
) -> Exit:
    """Copy the register, whole, whoever writes meanwhile: the file alone is none while `pki serve` runs.

    Keep it with the backups of `pki/log`; keys and certificates are files of their own.
    """
    from meterkast.pki.register import Register

    require_pki(site)
    Register(site / "pki" / "register.sqlite").copy_to(file)
    answer.text(f"{file} is the register of now. If it is put back, `meterkast pki recover` does the rest.")
    answer.document({"backup": str(file)})
    return Exit.DONE


def recover(
    answer: Answer,
    site: Site = SITE,
    profile: Profile = PROFILE,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> Exit:
    """Finish the restore of a register: take back from the log what was issued since the backup.

    What was revoked since stays revoked, and fresh lists say so. Where the log was set back as well, bring it
    up first with `pki log recover`. Gateways that have not enrolled are released by name afterwards.
    """
    from meterkast.console.cli.pki.witnesses import open_log_of
    from meterkast.console.cli.progress import counted
    from meterkast.pki.restoring import restore_from_log

    require_pki(site)
    log, authorities = open_log_of(site, profile), tenants_of(site, profile).all()
    with counted("certificates", log.size * len(authorities), quiet=quiet) as watch:
        lost = restore_from_log(log, authorities, now(), on_progress=watch)
    for operator, count in lost.items():
        answer.text(f"{operator}: {count} certificates are back in the register; its lists are fresh.")
    answer.document({"recovered": lost})
    return Exit.DONE
