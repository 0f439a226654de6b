"""The table of figures, from the recorded runs of the bench."""

import json
from pathlib import Path
from typing import Any

from generator.page import table

_NONE = "No run has been recorded in `docs/figures` yet."


def figures(folder: Path) -> str:
    """One table per recorded run; a missed goal is said in words."""
    runs = sorted(folder.glob("*.json"))
    if not runs:
        return _NONE
    return "\n\n".join(
        f"### {run.stem}\n\n{_run(json.loads(run.read_text(encoding='utf-8')))}" for run in runs
    )


def _run(document: dict[str, Any]) -> str:
    rows = [
        (
            f"`{figure['name']}`",
            f"{figure['value']:.3g} {figure['unit']}",
            _goal(figure),
            "" if figure.get("goal") is None else ("yes" if figure["holds"] else "**no**"),
            str(figure["against"]),
        )
        for figure in document["figures"]
    ]
    return table(("figure", "measured", "goal", "holds", "against"), rows)


def _goal(figure: dict[str, Any]) -> str:
    if figure.get("goal") is None:
        return "none"
    return f"{'at least' if figure.get('more_is_better') else 'at most'} {figure['goal']:g}"
