"""The border between commands and whoever typed them: errors end here, as text and as exit code."""

import inspect
import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Annotated, TypeVar

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.exits import Exit, exit_for
from meterkast.model.errors import MeterkastError

Command = TypeVar("Command", bound=Callable[..., Exit])

_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
_DEBUG = Annotated[bool, typer.Option("--debug", help="Log everything and show tracebacks.")]


def command(app: typer.Typer, name: str, *, examples: Sequence[str] = ()) -> Callable[[Command], Command]:
    """Registers a function as a command that also takes ``--json`` and ``--debug``.

    The function gets an ``Answer`` as its first argument and returns how it ended; what it raises becomes
    an error text and an exit code. Its docstring, followed by the examples, is the help text.
    """

    def register(function: Command) -> Command:
        @wraps(function)
        def run(*, as_json: bool, debug: bool, **arguments: object) -> None:
            answer = Answer(as_json=as_json)
            code = _ended(lambda: function(answer, **arguments), answer, debug=debug)
            raise typer.Exit(code)

        own = list(inspect.signature(function).parameters.values())[1:]
        added = [_switch("as_json", _JSON), _switch("debug", _DEBUG)]
        run.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in (*own, *added)}
        app.command(name, help=_help(inspect.getdoc(function) or "", examples))(run)
        return function

    return register


def _help(text: str, examples: Sequence[str]) -> str:
    """The text with the examples under it; the mark before them keeps their lines apart."""
    lines = "".join(f"\n  {example}" for example in examples)
    return f"{text}\n\n\b\nExamples:{lines}" if examples else text


def _switch(name: str, annotation: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=annotation)


def _ended(work: Callable[[], Exit], answer: Answer, *, debug: bool) -> Exit:
    """Runs the work; whatever it raises is said, never shown as a traceback unless asked for."""
    _log(everything=debug)
    try:
        return work()
    except MeterkastError as error:
        if debug:
            _show_traceback()
        answer.error(error)
        answer.document({"error": error.to_dict()})
        return exit_for(error)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader has gone; without this the interpreter would complain once more as it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except typer.Exit:
        raise
    except Exception as error:  # the last border: a bug of ours must not spill over a user
        if debug:
            _show_traceback()
        bug = MeterkastError(
            "bug",
            f"Meterkast itself is at fault here: {type(error).__name__}.",
            hint="Run it again with --debug and report what it says.",
        )
        answer.error(bug)
        answer.document({"error": bug.to_dict()})
        return Exit.BUG


def _log(*, everything: bool) -> None:
    """Sends every log record to standard error, or none: a command's own words say what a user must know.

    Components that run as processes of their own (``lifetime``) log all the same.
    """
    import logging

    if everything:
        logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    else:
        logging.getLogger("meterkast").addHandler(logging.NullHandler())


def _show_traceback() -> None:
    import traceback

    traceback.print_exc(file=sys.stderr)
