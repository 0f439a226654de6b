"""What a ceremony needs before it can be held, from the words of the command line."""

from pathlib import Path
from typing import TYPE_CHECKING

from meterkast.console.cli.answer import Answer
from meterkast.model.errors import DataError, LocalError

if TYPE_CHECKING:
    from meterkast.pki.ceremony import Script, TokenPlace
    from meterkast.pki.ceremony.outcome import CeremonyOutcome
    from meterkast.pki.ceremony.people import Roster


def place_of(answer: Answer, folder: Path, module: Path | None, token: str | None) -> "TokenPlace":
    """Where the token is; its first PINs are asked for on the terminal.

    Raises:
        LocalError: ``ceremony-token-unsaid``.
    """
    from meterkast.console.cli.pki.assembly import Assembly
    from meterkast.pki.ceremony import TokenPlace

    if module is None or token is None:
        hint = "Give --module and --token, or --rehearse."
        raise LocalError("ceremony-token-unsaid", "A ceremony needs a token.", hint=hint)
    people = Assembly(answer)
    return TokenPlace(
        module=module,
        label=token,
        folder=folder / "root",
        user_pin=people.user_pin,
        so_pin=people.so_pin,
    )


def outcome_of(after: Path | None) -> "CeremonyOutcome | None":
    """What the ceremony before has made; None where there is none, and a root is to be made."""
    from meterkast.pki.ceremony import read_outcome

    return None if after is None else read_outcome(after)


def roster_of(
    holders: list[str] | None, roles: list[str] | None, before: "CeremonyOutcome | None"
) -> "Roster":
    """Who is to be there; on a root day the holders are those of the ceremony before.

    Raises:
        LocalError: ``ceremony-holder-unknown`` where somebody is named who is none of them.
    """
    from meterkast.pki.ceremony.people import Roster

    named = [each.partition("=") for each in holders or ()]
    others = dict(each.partition("=")[::2] for each in roles or ())
    cards = {name: Path(card) for name, _, card in named if card}
    names = tuple(name for name, _, _ in named)
    if before is None:
        return Roster(holders=names, roles=others, cards=cards)
    strangers = set(names) - set(before.holders)
    if strangers:
        message = "They are no holders of this root."
        hint = f"The holders are {', '.join(before.holders)}."
        raise LocalError("ceremony-holder-unknown", message, where=", ".join(sorted(strangers)), hint=hint)
    return Roster(holders=before.holders, roles=others, cards=cards)


def script_of(path: Path | None, *, is_day: bool) -> "Script":
    """The script in a file, or the one of the package.

    Raises:
        DataError: ``ceremony-script-unreadable``, and as ``parse_script``.
    """
    from meterkast.pki.ceremony import FOUNDING, ROOT_DAY, packaged_script, parse_script

    if path is None:
        return packaged_script(ROOT_DAY if is_day else FOUNDING)
    try:
        return parse_script(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as cause:
        raise DataError(
            "ceremony-script-unreadable", "The script cannot be read.", where=str(path)
        ) from cause
