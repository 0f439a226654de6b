"""The list of decision records, from their first lines."""

from pathlib import Path


def decisions(folder: Path) -> str:
    """One line per record: its title, as a link."""
    records = sorted(folder.glob("[0-9][0-9][0-9][0-9]-*.md"))
    return "\n".join(f"- [{_title(record)}]({record.name})" for record in records)


def _title(record: Path) -> str:
    return record.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
