"""The mission: 167 rows, each with its quote in its place, and states that nobody typed in."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case.case_world import DAY, NOW, probed
from meterkast.assurance.case import Standing, mission
from meterkast.assurance.case.mission import Row, State, states
from meterkast.assurance.case.record import Record
from meterkast.assurance.case.reference import Kind, Outcome, Reference
from meterkast.assurance.case.status import Status
from meterkast.assurance.probes import PROBES
from meterkast.model.errors import DataError

PROBED = [row for row in mission.load() if all(each.kind is Kind.PROBE for each in row.by)]


def row(*by: str) -> Row:
    return Row(
        id="M001",
        source="S9:1",
        quote="q",
        feature="f",
        test="t",
        by=tuple(Reference.parse(each) for each in by),
    )


def test_all_rows_are_there_and_none_without_references() -> None:
    rows = mission.load()
    assert [each.id for each in rows] == [f"M{number:03d}" for number in range(1, 168)]
    assert all(each.by for each in rows)
    assert all(len(each.quote.split()) <= 20 for each in rows)


def test_no_state_is_written_down() -> None:
    folder = Path(mission.__file__).parents[1] / "data" / "case" / "nl-2026Z00004"
    text = (folder / "mission.toml").read_text()
    values = [line.split("=", 1)[1] for line in text.splitlines() if line.startswith("M")]
    assert len(values) == 167
    assert all(":" in each for each in values)


def test_every_probe_that_is_named_exists() -> None:
    named = {each.name for one in mission.load() for each in one.by if each.kind is Kind.PROBE}
    assert named <= set(PROBES)


def test_only_rows_on_the_chain_wait_for_a_run(tmp_path: Path) -> None:
    """On a site where nothing was executed, what was promised is asserted, and nothing is open."""
    standing = Standing.at(tmp_path)
    found = {each.row.id: each for each in states(mission.load(), standing.resolve)}
    assert [each.row.id for each in found.values() if each.state is State.OPEN] == []
    assert {each.id for each in PROBED} == {
        each.row.id for each in found.values() if "meterkast assurance run" in each.why
    }
    assert all(found[each.id].state is State.ASSERTED for each in PROBED)
    assert all(each.where for each in found.values())


def test_rows_on_the_chain_are_proven_once_their_probes_are(tmp_path: Path) -> None:
    standing = Standing.at(tmp_path)
    subjects = {name: standing.sources.subjects(Reference(Kind.PROBE, name)) for name in PROBES}
    Record(tmp_path).append(*(probed(name, subjects=each) for name, each in subjects.items()), at=NOW)
    then = Standing.at(tmp_path, now=NOW)
    assert {each.state for each in states(PROBED, then.resolve)} == {State.PROVEN}
    later = Standing.at(tmp_path, now=NOW + 31 * DAY)
    assert {each.state for each in states(PROBED, later.resolve)} == {State.OPEN}


@pytest.mark.parametrize(
    ("text", "status", "found", "expected"),
    [
        ("probe:x", Status.PROVEN, True, State.PROVEN),
        ("probe:x", Status.REFUTED, True, State.OPEN),
        ("probe:x", Status.STALE, True, State.OPEN),
        ("probe:x", Status.OPEN, True, State.OPEN),
        ("probe:x", Status.OPEN, False, State.ASSERTED),
        ("rule:x", Status.REFUTED, True, State.COMPUTED),
        ("rule:x", Status.OPEN, True, State.COMPUTED),
        ("rule:x", Status.OPEN, False, State.OPEN),
        ("rule:x", Status.STALE, True, State.OPEN),
        ("gap:x", Status.PROVEN, True, State.COMPUTED),
        ("model:x", Status.OPEN, False, State.OPEN),
        ("fact:x", Status.ASSERTED, True, State.RECORDED),
        ("fact:x", Status.OPEN, True, State.OPEN),
        ("fact:x", Status.OPEN, False, State.OPEN),
        ("test:x", Status.OPEN, False, State.OPEN),
        ("assertion:x", Status.ASSERTED, True, State.ASSERTED),
        ("sealed:x", Status.SEALED, True, State.SEALED),
        ("sealed:x", Status.STALE, True, State.OPEN),
        ("sealed:x", Status.REFUTED, True, State.OPEN),
    ],
)
def test_a_reference_gives_what_it_is_worth(text: str, status: Status, found: bool, expected: State) -> None:
    [stated] = states([row(text)], lambda each: Outcome(reference=each, found=found, status=status))
    assert stated.state is expected


@given(
    st.lists(st.tuples(st.sampled_from(Kind), st.sampled_from(Status), st.booleans()), min_size=1, max_size=4)
)
def test_a_row_is_as_good_as_its_weakest_reference_and_a_missing_one_is_never_good(
    drawn: list[tuple[Kind, Status, bool]],
) -> None:
    table = {
        Reference(kind, f"{number}"): (status, found) for number, (kind, status, found) in enumerate(drawn)
    }

    def resolve(reference: Reference) -> Outcome:
        status, found = table[reference]
        return Outcome(reference=reference, found=found, status=status)

    order = list(State)
    alone = [states([row(str(each))], resolve)[0].state for each in table]
    [together] = states([row(*(str(each) for each in table))], resolve)
    assert order.index(together.state) == min(order.index(each) for each in alone)
    if any(not found for _, found in table.values()):
        assert together.state in (State.OPEN, State.ASSERTED)


def test_a_test_that_is_named_must_exist(tmp_path: Path) -> None:
    resolve = Standing.at(tmp_path).resolve
    here = "test:tests/case/test_case_mission.py::test_a_test_that_is_named_must_exist"
    assert resolve(Reference.parse(here)).found
    for wrong in (f"{here}_not", "test:tests/../src/x.py::f", "test:pyproject.toml::f", "test:::"):
        assert not resolve(Reference.parse(wrong)).found


def table(*ids: str) -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "source", "quote_nl", "feature", "test"])
    writer.writerows([each, "S9:1", "quote, with a comma", "f", "t"] for each in ids)
    return out.getvalue()


def test_another_mission_can_be_read() -> None:
    rows = mission.read(table("M001", "M002"), '[row]\nM001 = ["fact:a"]\n')
    assert [(each.id, len(each.by)) for each in rows] == [("M001", 1), ("M002", 0)]
    assert {each.state for each in states(rows[1:], lambda _: pytest.fail("asked"))} == {State.OPEN}


@pytest.mark.parametrize(
    ("rows", "references", "code"),
    [
        (table("M001", "M001"), "[row]\n", "mission-malformed"),
        (table("M001"), '[row]\nM009 = ["fact:a"]\n', "mission-malformed"),
        (table("M001"), '[row]\nM001 = ["colour:a"]\n', "reference-malformed"),
        (table("M001"), "[row\n", "mission-malformed"),
        ("id,source\nM001,S9:1\n", "[row]\n", "mission-malformed"),
    ],
    ids=["double", "foreign", "kind", "toml", "columns"],
)
def test_a_broken_mission_is_refused(rows: str, references: str, code: str) -> None:
    with pytest.raises(DataError) as caught:
        mission.read(rows, references)
    assert caught.value.code == code
