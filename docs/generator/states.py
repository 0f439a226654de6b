"""State machines as diagrams, drawn from the tables that the code follows."""

from collections.abc import Iterator

from meterkast.protocols.dlms import association, general_block
from meterkast.protocols.hdlc import connection

Arrow = tuple[str, str, str]
"""From a state to a state, and the signal that leads there."""


def states() -> str:
    """One section with a diagram per machine."""
    client, server = (list(_hdlc(role)) for role in connection.Role)
    return "\n\n".join(
        (
            _section("HDLC, client", "protocols/hdlc/connection.py", client),
            _section("HDLC, server", "protocols/hdlc/connection.py", server),
            _section("Association", "protocols/dlms/association.py", list(_association())),
            _section("General block transfer", "protocols/dlms/general_block.py", list(_blocks())),
        )
    )


def _hdlc(role: connection.Role) -> Iterator[Arrow]:
    for state, row in connection.TRANSITIONS[role].items():
        for signal, following in row.items():
            yield state, following, signal


def _association() -> Iterator[Arrow]:
    for state, row in association.TRANSITIONS.items():
        for signal, following in row.items():
            yield state, following, signal


def _blocks() -> Iterator[Arrow]:
    for state, row in general_block.TRANSITIONS.items():
        for signal, (following, action) in row.items():
            yield state, following, f"{signal} → {action}"


def _section(title: str, path: str, arrows: list[Arrow]) -> str:
    """The machine begins in the state that its table names first."""
    ways: dict[tuple[str, str], list[str]] = {}
    for state, following, signal in arrows:
        ways.setdefault((state, following), []).append(signal)
    drawn = [
        f"    {state} --> {following}: {'<br/>'.join(signals)}"
        for (state, following), signals in ways.items()
    ]
    lines = ("```mermaid", "stateDiagram-v2", f"    [*] --> {arrows[0][0]}", *drawn, "```")
    return f"## {title}\n\n`{path}`\n\n" + "\n".join(lines)
