"""Answers: the same for the same seed, right at the buffer they name, open where an input is missing."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from meterkast.assurance.continuity import chart, loading, report, takeover
from meterkast.assurance.continuity.answers import run
from meterkast.assurance.continuity.draws import blocks
from meterkast.assurance.continuity.engine import flow
from meterkast.assurance.continuity.fleet import fleet
from meterkast.assurance.continuity.interval import mean, proportion, quantile
from meterkast.assurance.continuity.nminusone import n_minus_one
from meterkast.assurance.continuity.scenario import Channel
from meterkast.model.errors import DataError

ASSUMED = loading.load("assumed")


def test_the_same_seed_gives_the_same_answers_and_names_them() -> None:
    first, second = run(ASSUMED, 7, 1500), run(ASSUMED, 7, 1500)
    assert first.to_dict() == second.to_dict()
    assert first.run_id == f"assumed-{ASSUMED.digest[:12]}-7-1500"
    assert run(ASSUMED, 8, 1500).delayed.value != first.delayed.value


def test_another_input_gives_another_digest_and_a_source_does_not() -> None:
    assert ASSUMED.with_lost_share(0.5).digest != ASSUMED.digest
    assert replace(ASSUMED, provenance=()).digest == ASSUMED.digest


def test_another_seed_stays_within_the_interval() -> None:
    first, second = run(ASSUMED, 1, 10_000), run(ASSUMED, 2, 10_000)
    assert first.buffer_needed.low <= second.buffer_needed.value <= first.buffer_needed.high


def test_reference_figures_within_sampling() -> None:
    found = run(ASSUMED, 1, 10_000)
    assert found.buffer_needed.low <= 936_000 <= found.buffer_needed.high
    assert found.recovered.value == pytest.approx(0.47, abs=0.02)
    assert found.recover.value == pytest.approx(170, abs=4)
    assert found.recover_90.value == pytest.approx(237, abs=6)
    assert found.unpatched.value == pytest.approx(4.8e6, rel=0.03)
    assert found.delayed_weeks.value == pytest.approx(49.2e6, rel=0.03)


def test_at_the_99_percent_buffer_99_percent_of_fresh_runs_wait_for_nothing() -> None:
    needed = int(run(ASSUMED, 1, 60_000, buffers=(0,)).buffer_needed.value)
    fresh = run(replace(ASSUMED, buffer=needed), 1001, 60_000, buffers=(needed,))
    assert fresh.nobody_delayed.value == pytest.approx(0.99, abs=0.003)


def test_one_pass_answers_every_buffer() -> None:
    found = run(ASSUMED, 3, 1024, buffers=(0, 300_000, 700_000))
    for point in found.curve:
        alone = run(replace(ASSUMED, buffer=point.buffer), 3, 1024, buffers=(point.buffer,))
        assert alone.nobody_delayed == point.nobody_delayed
        assert alone.delayed_weeks == point.delayed_weeks
    parts = [point.nobody_delayed.value for point in found.curve]
    assert parts == sorted(parts)


def test_delay_is_divided_over_operators_without_rest() -> None:
    found = run(ASSUMED, 1, 512)
    assert sum(found.delayed_by_operator.values()) == pytest.approx(found.delayed_weeks.value)


def test_tally_agrees_with_a_plain_loop() -> None:
    scenario = replace(ASSUMED, buffer=300_000)
    found = run(scenario, 4, 256)
    plans, block = fleet(scenario), next(blocks(scenario, 4, 256))
    paths = flow(scenario, plans, block).shortfall
    survive, recover = [], []
    for each in range(256):
        start = min(block.start[each], block.node_start[each])
        over = [week for week in range(416) if paths[week, each] > 300_000]
        survive += [over[0] - start] if over else []
        late = [week for week in range(416) if paths[week, each] > plans.demand.max()]
        if not late:
            recover.append(0.0)
        elif late[-1] < 415:
            recover.append(late[-1] + 1 - start)
    assert found.survive.value == np.sort(survive)[int(np.ceil(len(survive) / 2)) - 1]
    assert found.recover.value == np.sort(recover)[int(np.ceil(len(recover) / 2)) - 1]
    assert found.runs_out.value == len(survive) / 256
    waits = np.maximum(paths - 300_000, 0.0).sum(axis=0)
    assert found.delayed_weeks.value == pytest.approx(waits.mean())


def test_intervals_hold_their_value() -> None:
    values = np.random.default_rng(1).normal(5.0, 2.0, 4000)
    for estimate in (mean(values), quantile(values, 0.9), proportion(30, 4000)):
        assert estimate.low < estimate.value < estimate.high
    covered = 0
    for seed in range(200):
        sample = np.random.default_rng(seed).normal(0.0, 1.0, 500)
        estimate = quantile(sample, 0.9)
        covered += estimate.low <= 1.2816 <= estimate.high
    assert covered >= 180


def test_the_claim_is_open_while_an_input_is_missing() -> None:
    claim = takeover.take_over_claim(loading.load("dossier"))
    assert claim.holds is None
    assert claim.status == "open"
    assert claim.missing == ("lead", "ramp", "capacity", "buffer")
    assert "Geen buffer vermeld" in claim.explanation.nl
    for changed in ({"lead": None}, {"ramp": None}, {"overcapacity": None}):
        assert (
            takeover.take_over_claim(ASSUMED.with_buffer(10**6, "test").with_other(**changed)).status
            == "open"
        )
    assert takeover.take_over_claim(ASSUMED).missing == ("buffer",)
    with pytest.raises(DataError) as caught:
        run(loading.load("dossier"))
    assert caught.value.code == "continuity-input-missing"
    assert "vendor[B].lead" in (caught.value.where or "")


def test_the_claim_turns_by_computation() -> None:
    small = takeover.take_over_claim(ASSUMED.with_buffer(300_000, "test"), runs=4096)
    large = takeover.take_over_claim(ASSUMED.with_buffer(1_200_000, "test"), runs=4096)
    assert (small.holds, small.status) == (False, "refuted")
    assert (large.holds, large.status) == (True, "proven")
    assert small.ttr > small.tts
    assert large.ttr <= large.tts
    assert "stock.buffer" in large.assumed
    assert large.run_id
    lead = takeover.largest_lead(ASSUMED.with_buffer(500_000, "test"))
    assert lead is not None
    assert 7 <= lead <= 12
    assert takeover.largest_lead(ASSUMED.with_buffer(0, "test")) is None


def test_the_n_minus_1_table_names_every_party_and_shared_part() -> None:
    rows = {row.id: row for row in n_minus_one(ASSUMED.with_buffer(500_000, "test"))}
    assert set(rows) == {"A", "B", "chip", "chip-A", "chip-B", "gateway", "application", "gas", "pki"}
    assert rows["chip"].kind == "shared-part"
    assert rows["chip"].shortfall == 26 * 21_191 - 0
    assert rows["chip"].outcome == "fail"
    assert rows["A"].outcome == "pass"
    assert rows["pki"].outcome == "fail"
    assert rows["gateway"].outcome == "open"
    # Twice as much is lost with the shared node than with the node of one vendor alone.
    assert rows["chip"].shortfall > 2 * (rows["chip-A"].shortfall or 0)
    assert {row.outcome for row in n_minus_one(ASSUMED) if row.kind == "vendor"} == {"open"}


def test_the_report_never_speaks_of_power_but_to_deny_it() -> None:
    scenario = ASSUMED.with_buffer(500_000, "test")
    answers = run(scenario, 1, 512)
    claim = takeover.judge(scenario, answers)
    for language in ("nl", "en"):
        text = report.markdown(scenario, claim, answers, n_minus_one(scenario), language=language)
        assert "installatie uitgesteld" in text
        assert answers.run_id in text
        assert not re.search(
            r"without power|power (loss|cut|lost)|zonder stroom|stroomuitval", text, re.IGNORECASE
        )
        assert all(each.field in text for each in scenario.provenance)
        page = report.page(text, language, [chart.svg(chart.fan(answers, language), language)])
        assert "<script" not in page
        assert "style=" not in page
    bare = report.markdown(
        loading.load("dossier"), takeover.take_over_claim(loading.load("dossier")), None, (), language="nl"
    )
    assert "Geen buffer vermeld" in bare
    with pytest.raises(DataError, match="run id"):
        report.markdown(scenario, claim, replace(answers, run_id=""), (), language="nl")


def test_answers_are_plain_json() -> None:
    document = json.dumps(run(ASSUMED, 1, 64).to_dict(), allow_nan=False)
    assert json.loads(document)["seed"] == 1


@pytest.mark.parametrize("language", ["nl", "en"])
def test_charts_are_plain_svg_and_png(language: str) -> None:
    answers = run(ASSUMED.with_buffer(400_000, "test"), 1, 512)
    for drawn in (chart.fan(answers, language), chart.curve(answers, language)):
        svg = chart.svg(drawn, language)
        assert svg.startswith("<svg")
        assert "<title>" in svg
        assert "nan" not in svg
        assert "style=" not in svg
    assert chart.png(chart.fan(answers, language)).startswith(b"\x89PNG")


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    run(ASSUMED, 1, 1300, on_progress=lambda done, total: told.append((done, total)))
    assert told == [(done, 1300) for done in (256, 512, 768, 1024, 1280, 1300)]


@pytest.mark.parametrize(("runs", "seed"), [(1, 1), (2_000_000, 1), (10, -1)])
def test_runs_out_of_bounds(runs: int, seed: int) -> None:
    with pytest.raises(DataError):
        run(ASSUMED, seed, runs)


def test_updates_alone_delay_nobody() -> None:
    found = run(ASSUMED.with_channels(Channel.UPDATES), 1, 2048)
    assert found.buffer_needed.value == 0
    assert found.unpatched.value == pytest.approx(8.6e6, rel=0.05)
