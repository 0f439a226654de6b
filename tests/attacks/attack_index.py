"""Which tests carry the id of which attack: in their names, their rows, or the title of their module."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
_NAME = re.compile(r"^test_(?:.*_)?at_?(\d\d)(?:_|$)")
_ROW = re.compile(r"^AT-(\d\d)(?=[ :])")
_TITLE = re.compile(r"\bAT-(\d\d)\b")


def index() -> dict[str, set[str]]:
    """Files of tests by id, such as ``tests/mdm/test_mdm_intake.py`` under ``AT-33``."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(TESTS.rglob("test_*.py")):
        for number in _numbers(ast.parse(path.read_text("utf-8"))):
            found[f"AT-{number}"].add(f"tests/{path.relative_to(TESTS)}")
    return dict(found)


def _numbers(tree: ast.Module) -> Iterator[str]:
    yield from _TITLE.findall((ast.get_docstring(tree) or "").partition("\n")[0])
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _NAME.findall(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _ROW.findall(node.value)
