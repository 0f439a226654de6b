"""The ``meterkast`` command. Everything heavy is imported inside the command that needs it."""


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    from meterkast.console.cli.app import app

    app()
