"""Subject matter: rows of what is known, which the sentence templates put into words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from meterkast.assurance.report.disclosure import Guarded, guarded_in
from meterkast.assurance.report.footnote import Footnote
from meterkast.assurance.report.mark import Mark
from meterkast.assurance.report.words import Words

Field = Words | Guarded


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that a sentence can be made of.

    Attributes:
        table: kind of thing: ``contract``, ``ownership``, ``verdict`` …
        tags: plain values that a template can ask for, such as ``conflict = "yes"``.
        fields: what a template can put into its text.
        notes: what the sentence is footnoted to, first the most telling.
        named: the same by name, where a template may rest on some of them only.
        mark: how a sentence about it stands.
        places: lines of the sources that it is about, such as ``S3:38``.
    """

    table: str
    tags: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Field] = field(default_factory=dict)
    notes: tuple[Footnote, ...] = ()
    named: Mapping[str, Footnote] = field(default_factory=dict)
    mark: Mark = Mark.RECORDED
    places: frozenset[str] = frozenset()

    def grounds(self, names: tuple[str, ...]) -> tuple[Footnote, ...]:
        """The footnotes of these names; all where none is named."""
        chosen = tuple(self.named[name] for name in names if name in self.named)
        return chosen or self.notes or tuple(self.named.values())

    def matches(self, where: Mapping[str, tuple[str, ...]]) -> bool:
        """Whether each tag asked for has one of the values asked for."""
        return all(self.tags.get(tag) in wanted for tag, wanted in where.items())


class Matter:
    """All rows, by table, in the order in which they were laid down."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._tables: dict[str, list[Row]] = {}
        for row in rows:
            self._tables.setdefault(row.table, []).append(row)

    def rows(self, table: str, where: Mapping[str, tuple[str, ...]] | None = None) -> list[Row]:
        """The rows of a table that match."""
        return [row for row in self._tables.get(table, ()) if row.matches(where or {})]

    def guarded(self) -> Iterator[Guarded]:
        """Every confidential value anywhere in it."""
        for rows in self._tables.values():
            for row in rows:
                yield from guarded_in(dict(row.fields))
                for note in (*row.notes, *row.named.values()):
                    yield from guarded_in(note.proof)


def yes(value: bool | None) -> str:
    """A tag for something that is so, is not so, or is not known."""
    return "unknown" if value is None else "yes" if value else "no"
