"""``meterkast assurance``: run the case against a chain, say how its claims stand, and hand it on."""

import typer

from meterkast.console.cli.assurance import diagram, dossier, export, mission, report, run, status, verify


def add(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(
        help="The assurance case: public promises about the meter, executed.", no_args_is_help=True
    )
    run.add(group)
    status.add(group)
    mission.add(group)
    dossier.add(group)
    export.add(group)
    verify.add(group)
    diagram.add(group)
    report.add(group)
    app.add_typer(group, name="assurance")
