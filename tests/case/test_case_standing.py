"""A site's case over time: fresh, changed, expired, and as it was known on a day."""

import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from case.case_world import DAY, NOW, case, claim, probed
from meterkast.assurance import dossier as dossiers
from meterkast.assurance.case import Standing, mission, refresh, status
from meterkast.assurance.case.claim import Argumentation, Claim
from meterkast.assurance.case.evaluation import evaluated
from meterkast.assurance.case.judgement import Judgement, judge
from meterkast.assurance.case.mission import State
from meterkast.assurance.case.record import Record
from meterkast.assurance.case.sources import Sources
from meterkast.assurance.case.status import Status
from meterkast.assurance.case.subject import changed, code_digest, subjects_of, topics_of
from meterkast.assurance.dossier import Dossier
from meterkast.model.errors import DataError, TrustError

FACTS = dossiers.load()


def judged(
    argumentation: Argumentation,
    record: Record,
    facts: Dossier = FACTS,
    *,
    now: float = NOW,
    known_at: float | None = None,
) -> Mapping[str, Judgement]:
    sources = Sources(argumentation, facts, record.entries(), now=now, known_at=known_at)
    return judge(argumentation, sources)


def about(*, subjects: tuple[str, ...] = ("module",), rests_on: tuple[str, ...] = ("parts.C1",)) -> Claim:
    return replace(claim("below", "probe:no_switch"), subjects=subjects, rests_on=rests_on)


def proven(site: Path, below: Claim) -> tuple[Argumentation, Record]:
    """A goal over a claim that a probe has just proven."""
    record = Record(site)
    record.append(probed(subjects=subjects_of(below, FACTS)), at=NOW)
    return case(claim("goal", "claim:below"), below), record


def test_fresh_evidence_proves_up_to_the_goal(tmp_path: Path) -> None:
    argumentation, record = proven(tmp_path, about())
    found = judged(argumentation, record)
    assert {name: each.status for name, each in found.items()} == {
        "goal": Status.PROVEN,
        "below": Status.PROVEN,
    }
    assert found["below"].at == NOW


def test_time_makes_it_stale_up_to_the_goal(tmp_path: Path) -> None:
    argumentation, record = proven(tmp_path, about())
    found = judged(argumentation, record, now=NOW + 31 * DAY)
    assert {each.status for each in found.values()} == {Status.STALE}
    assert found["below"].outcomes[0].reason == "expired"


TOPICS = {
    "parts.C1": lambda: replace(FACTS, parts=tuple(replace(each, quantity=99) for each in FACTS.parts)),
    "ownerships": lambda: replace(FACTS, ownerships=FACTS.ownerships[1:]),
    "components.C1": lambda: replace(
        FACTS, components=(replace(FACTS.components[0], name_en="another"), *FACTS.components[1:])
    ),
    "analyses": lambda: replace(FACTS, analyses=FACTS.analyses[:-1]),
    "contracts": lambda: replace(FACTS, contracts=()),
}


@pytest.mark.parametrize("topic", [name for name in TOPICS if name != "parts.C1" or FACTS.parts])
def test_a_change_in_the_dossier_makes_it_stale_and_is_named(tmp_path: Path, topic: str) -> None:
    argumentation, record = proven(tmp_path, about(rests_on=(topic,)))
    found = judged(argumentation, record, TOPICS[topic]())
    assert {each.status for each in found.values()} == {Status.STALE}
    assert found["below"].outcomes[0].reason == f"changed since: dossier:{topic}"


def test_a_change_elsewhere_does_not(tmp_path: Path) -> None:
    argumentation, record = proven(tmp_path, about(rests_on=("components.C1",)))
    other = replace(
        FACTS,
        components=(
            FACTS.components[0],
            replace(FACTS.components[1], name_en="another"),
            *FACTS.components[2:],
        ),
    )
    assert judged(argumentation, record, other)["goal"].status is Status.PROVEN


def test_changed_code_makes_it_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    argumentation, record = proven(tmp_path, about(subjects=("module", "gasmeter")))
    monkeypatch.setattr(
        "meterkast.assurance.case.subject.code_digest",
        lambda folder: "f" * 64 if folder == "gasmeter" else code_digest(folder),
    )
    outcome = judged(argumentation, record)["below"].outcomes[0]
    assert (outcome.status, outcome.reason) == (Status.STALE, "changed since: code:gasmeter")


def test_what_failed_stays_refuted_whatever_changes(tmp_path: Path) -> None:
    below = about()
    record = Record(tmp_path)
    record.append(probed(verdict="refuted", subjects={}), at=NOW)
    argumentation = case(claim("goal", "claim:below"), below)
    assert judged(argumentation, record, now=NOW + 99 * DAY)["goal"].status is Status.REFUTED


def test_the_case_is_known_as_it_was_on_a_day(tmp_path: Path) -> None:
    below = about()
    record = Record(tmp_path)
    subjects = subjects_of(below, FACTS)
    record.append(probed(subjects=subjects), at=NOW)
    record.append(probed(verdict="refuted", subjects=subjects, at=NOW + 10 * DAY), at=NOW + 10 * DAY)
    argumentation = case(claim("goal", "claim:below"), below)
    days = {-1: Status.OPEN, 1: Status.PROVEN, 9: Status.PROVEN, 11: Status.REFUTED}
    for day, expected in days.items():
        assert judged(argumentation, record, known_at=NOW + day * DAY)["goal"].status is expected


def test_what_was_computed_goes_stale_with_its_grounds(tmp_path: Path) -> None:
    """A vendor's origin changes: the recorded verdict no longer counts until it is computed anew."""
    argumentation = case(replace(claim("goal", "rule:GPA-1OF2/C1"), rests_on=("parties",)))
    record = Record(tmp_path)
    before = Standing(argumentation, Sources(argumentation, FACTS, (), now=NOW))
    record.append(*evaluated(before, "run"), at=NOW)
    now = time.time()
    first = judged(argumentation, record, now=now)["goal"].status
    assert first is judged(argumentation, Record(tmp_path / "empty"), now=now)["goal"].status
    parties = tuple(
        replace(each, origin=replace(each.origin, value="CN"))
        if each.id == "sagemcom" and each.origin
        else each
        for each in FACTS.parties
    )
    outcome = judged(argumentation, record, replace(FACTS, parties=parties), now=now)["goal"].outcomes[0]
    assert outcome.status.rank <= Status.STALE.rank
    assert "dossier:parties" in outcome.reason
    assert "⇒" in outcome.reason


def test_a_topic_that_is_none_is_named() -> None:
    with pytest.raises(DataError) as caught:
        topics_of(["weather"], FACTS)
    assert caught.value.where == "weather"


def test_new_and_lost_subjects_count_as_changes() -> None:
    assert changed({"a": "1", "b": "2"}, {"b": "2", "c": "3"}) == ("a", "c")


def test_the_packaged_case_can_be_computed_signed_and_judged(tmp_path: Path) -> None:
    assert refresh(tmp_path) >= 10
    entries = Record(tmp_path).entries()
    standing = Standing.at(tmp_path)
    assert {each.statement.reference.kind.value for each in entries} == {"rule", "gap", "model"}
    assert all(each.reason == "" for one in standing.judged.values() for each in one.outcomes if each.at)
    assert standing.judged["households-choose"].at is not None


def test_a_changed_fact_is_judged_anew_within_a_second(tmp_path: Path) -> None:
    refresh(tmp_path)
    standing = Standing.at(tmp_path)
    entries = Record(tmp_path).entries()
    assert standing.judged
    began = time.perf_counter()
    changed_facts = replace(FACTS, ownerships=FACTS.ownerships[1:])
    found = judge(standing.case, Sources(standing.case, changed_facts, entries, now=time.time()))
    assert time.perf_counter() - began < 1.0
    assert found["state-influence-weighed"].status is Status.STALE


def test_a_site_without_evidence_has_open_claims_and_nothing_green(tmp_path: Path) -> None:
    assert {each.status for each in status(tmp_path)} == {"open"}


def test_evidence_that_was_tampered_with_gives_no_status_at_all(tmp_path: Path) -> None:
    refresh(tmp_path)
    path = tmp_path / "assurance" / "evidence.jsonl"
    path.write_text("".join(f"{line}\n" for line in path.read_text().splitlines()[1:]))
    with pytest.raises(TrustError):
        status(tmp_path)


OWN_CASE = """
[[claim]]
id = "safe"
nl = "Veilig."
en = "Safe."
source = "{source}"
[[claim.argument]]
by = ["claim:two", "claim:module-has-no-switch"]

[[claim]]
id = "two"
nl = "Er zijn er twee."
en = "There are two."
source = "{source}"
rests_on = ["contracts"]
[[claim.argument]]
by = ["rule:DUAL-HW"]
"""


def test_another_dossier_brings_its_own_case_and_mission(tmp_path: Path) -> None:
    folder = tmp_path / "dossier"
    shutil.copytree(Path(__file__).parents[1] / "dossier" / "invented", folder)
    (folder / "case").mkdir()
    (folder / "case" / "case.toml").write_text(OWN_CASE.format(source="N1:1"))
    (folder / "case" / "mission.csv").write_text(
        "id,source,quote_nl,feature,test\nX1,N1:1,q,f,t\nX2,N1:2,q,f,t\n"
    )
    (folder / "case" / "mission.toml").write_text(
        '[row]\nX1 = ["rule:DUAL-HW"]\nX2 = ["model:continuity.take-over"]\n'
    )
    standing = Standing.at(tmp_path / "site", dossier=folder)
    assert standing.case.goal == "safe"
    assert standing.sources.dossier.head.id != FACTS.head.id
    assert standing.judged["two"].outcomes[0].found
    rows = mission.states(mission.at(folder), standing.resolve)
    assert [(each.row.id, each.state) for each in rows] == [("X1", State.COMPUTED), ("X2", State.OPEN)]
    assert refresh(tmp_path / "site", dossier=folder) == 1
    again = Standing.at(tmp_path / "site", dossier=folder)
    assert again.judged["two"].outcomes[0].reason == ""


def test_a_dossier_without_a_case_is_told_apart(tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parents[1] / "dossier" / "invented", tmp_path / "dossier")
    with pytest.raises(DataError) as caught:
        Standing.at(tmp_path / "site", dossier=tmp_path / "dossier")
    assert caught.value.code == "case-unreadable"
    with pytest.raises(DataError) as caught:
        mission.at(tmp_path / "dossier")
    assert caught.value.code == "mission-unreadable"
