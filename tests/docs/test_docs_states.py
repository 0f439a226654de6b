"""The diagrams of the state machines show every transition of the tables, and no other."""

import importlib
import re
from collections.abc import Callable

import pytest

from docs.pages import DOCS, text
from meterkast.protocols.dlms import association, general_block
from meterkast.protocols.hdlc import connection

PAGE = DOCS / "reference" / "state-machines.md"
ARROW = re.compile(r"^    (\w+) --> (\w+): (.+)$", re.MULTILINE)

TABLES: dict[str, dict[tuple[str, str], set[str]]] = {}


def collect(title: str, state: str, following: str, signal: str) -> None:
    TABLES.setdefault(title, {}).setdefault((state, following), set()).add(signal)


for role, table in connection.TRANSITIONS.items():
    for place, row in table.items():
        for signal, following in row.items():
            collect(f"HDLC, {role}", place, following, signal)
for at, signals in association.TRANSITIONS.items():
    for heard, then in signals.items():
        collect("Association", at, then, heard)
for stand, answers in general_block.TRANSITIONS.items():
    for block, (after, action) in answers.items():
        collect("General block transfer", stand, after, f"{block} → {action}")


@pytest.mark.parametrize("title", TABLES)
def test_a_diagram_shows_its_table(title: str) -> None:
    _, _, section = text(PAGE).partition(f"## {title}\n")
    diagram = section.partition("```mermaid")[2].partition("```")[0]
    drawn = {
        (state, following): set(label.split("<br/>")) for state, following, label in ARROW.findall(diagram)
    }
    assert drawn == TABLES[title]


def test_no_label_breaks_a_diagram(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    states: Callable[[], str] = importlib.import_module("generator.states").states
    for _, _, label in ARROW.findall(states()):
        assert not set(label.replace("<br/>", "")) & set(':;#"<>{}'), label


@pytest.mark.parametrize(
    ("title", "first"),
    [
        ("HDLC, client", connection.State.DISCONNECTED),
        ("HDLC, server", connection.State.DISCONNECTED),
        ("Association", association.State.IDLE),
        ("General block transfer", general_block.State.QUIET),
    ],
)
def test_a_diagram_begins_where_the_machine_does(title: str, first: str) -> None:
    _, _, section = text(PAGE).partition(f"## {title}\n")
    assert f"stateDiagram-v2\n    [*] --> {first}\n" in section
