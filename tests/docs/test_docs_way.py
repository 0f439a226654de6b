"""Every file and function that the way of one reading names is there."""

import ast
import re

import pytest

from docs.pages import DOCS, PACKAGE, text

PAGE = DOCS / "explanation" / "way-of-one-reading.md"
STEPS = re.findall(r"`([a-z0-9_/]+\.py)` · `([A-Za-z_.]+)`", text(PAGE))


def _defined(source: str) -> set[str]:
    """Functions, classes and tables of a module, and methods as ``Class.method``."""
    found: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.ClassDef):
            methods = (each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
            found |= {f"{node.name}.{method.name}" for method in methods}
    return found


def test_every_file_is_named_with_what_to_look_for() -> None:
    assert len(STEPS) > 40
    assert set(re.findall(r"`([a-z0-9_/]+\.py)`", text(PAGE))) == {path for path, _ in STEPS}


@pytest.mark.parametrize(("path", "name"), STEPS)
def test_what_the_page_names_exists(path: str, name: str) -> None:
    assert name in _defined((PACKAGE / path).read_text(encoding="utf-8"))


def test_every_room_of_the_way_is_visited() -> None:
    rooms = {path.split("/")[0] for path, _ in STEPS}
    ways = {
        "module",
        "gasmeter",
        "gateway",
        "applications",
        "headend",
        "mdm",
        "protocols",
        "outside",
        "console",
    }
    assert ways <= rooms
