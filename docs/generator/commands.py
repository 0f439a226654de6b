"""The reference of the command line, from the commands' own help."""

import inspect
from enum import Enum

import typer.main
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from generator.page import table
from meterkast.console.cli.app import app
from meterkast.console.exits import Exit

Parameter = TyperArgument | TyperOption

_MEANINGS = {
    Exit.DONE: "Done.",
    Exit.FAILED: "A check or a claim failed; nothing is wrong with the command.",
    Exit.USAGE: "Used wrongly: an unknown option, a missing setting, a state that does not allow it.",
    Exit.BAD_INPUT: "Bad input: a file, an argument or a peer's octets do not say what they should.",
    Exit.UNREACHABLE: "A peer cannot be reached, or not in time.",
    Exit.REFUSED: "Refused for security.",
    Exit.BUG: "A fault of Meterkast itself; `--debug` shows where.",
    Exit.INTERRUPTED: "Ended by Ctrl-C.",
}


def exit_codes() -> str:
    """All exit codes."""
    return table(("exit code", "means"), [(str(code.value), _MEANINGS[code]) for code in Exit])


def commands() -> str:
    """Every command: what it does, its arguments and options."""
    return "\n\n".join(_sections("meterkast", typer.main.get_command(app)))


def _sections(name: str, command: object) -> list[str]:
    """A section per command; a group gives one sentence and then its commands."""
    if isinstance(command, TyperCommand):
        return [_section(name, command)]
    if not isinstance(command, TyperGroup):
        return []
    own = [f"## `{name}`\n\n{_paragraph(command.help)}"] if " " in name else []
    members = command.commands.items()
    return [*own, *(section for each, member in members for section in _sections(f"{name} {each}", member))]


def _section(name: str, command: TyperCommand) -> str:
    text, _, examples = inspect.cleandoc(command.help or "").partition("\b\nExamples:")
    depth = "##" if name.count(" ") == 1 else "###"
    arguments = [param for param in command.params if isinstance(param, TyperArgument)]
    options = [param for param in command.params if isinstance(param, TyperOption)]
    taken = (_metavar(param) if param.required else f"[{_metavar(param)}]" for param in arguments)
    usage = " ".join([name, *taken, "[OPTIONS]"])
    parts = [f"{depth} `{name}`", _paragraph(text), f"```\n{usage}\n```"]
    rows = [(f"`{_metavar(param)}`", _help(param), "") for param in arguments]
    rows += [(_names(param), _help(param), _default(param)) for param in options]
    parts.append(table(("argument or option", "what", "default"), rows))
    if lines := [line.strip() for line in examples.strip().splitlines()]:
        parts.append("```sh\n" + "\n".join(lines) + "\n```")
    return "\n\n".join(parts)


def _paragraph(text: str | None) -> str:
    return "\n\n".join(" ".join(part.split()) for part in (text or "").strip().split("\n\n"))


def _metavar(param: Parameter) -> str:
    return param.metavar or _choices(param) or (param.name or "").upper()


def _names(param: TyperOption) -> str:
    """The spellings of an option, with what it takes."""
    taken = "" if param.is_flag else f" {_metavar(param)}"
    return ", ".join(f"`{each}{taken}`" for each in sorted(param.opts, key=len, reverse=True))


def _choices(param: Parameter) -> str:
    annotation = param.type_descriptor.annotation
    listed = isinstance(annotation, type) and issubclass(annotation, Enum)
    return "|".join(str(choice.value) for choice in annotation) if listed else ""


def _help(param: Parameter) -> str:
    text = _paragraph(param.help)
    if param.min is not None and param.max is not None:
        text += f" From {param.min} to {param.max}."
    elif param.min is not None:
        text += f" At least {param.min}."
    if param.envvar:
        text += f" Also from the environment: `{param.envvar}`."
    return text


def _default(param: Parameter) -> str:
    value = param.default
    if value is None or value is False or callable(value):
        return ""
    return f"`{getattr(value, 'value', value)}`"
