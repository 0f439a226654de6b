"""``meterkast pki simulate``: what it says and how it ends, with a life that is short."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from meterkast.console.cli.app import app
from meterkast.street.fleet.ledger import Ledger
from meterkast.street.fleet.plan import FleetSettings
from meterkast.street.fleet.result import FleetResult


def lived(breaches: dict[str, int]) -> type:
    class ShortLife:
        """Over before it has begun."""

        def __init__(self, settings: FleetSettings) -> None:
            self._settings = settings

        def run(self, watch: Callable[[int, int], None]) -> FleetResult:
            watch(1, 1)
            counts = Counter({"readings-accepted": 7, "readings-expected": 7, "visits": 3})
            return FleetResult.of(
                self._settings,
                Ledger(counts=counts, breaches=Counter(breaches), examples=dict.fromkeys(breaches, "MKG")),
                [],
                1.0,
            )

    return ShortLife


def simulate(monkeypatch: pytest.MonkeyPatch, breaches: dict[str, int], *options: str) -> tuple[int, str]:
    monkeypatch.setattr("meterkast.street.fleet.life.FleetLife", lived(breaches))
    done = CliRunner().invoke(app, ["pki", "simulate", "--gateways", "6", "-q", *options])
    return done.exit_code, done.stdout


def test_a_good_life(monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = simulate(monkeypatch, {})
    assert code == 0
    assert "No reading lost, no gateway bricked, no promise broken." in text
    code, text = simulate(monkeypatch, {}, "--json")
    document = json.loads(text)
    assert code == 0
    assert document["holds"] is True
    figures = {each["name"]: each for each in document["figures"]}
    assert figures["fleet.readings-lost"]["holds"] is True
    assert figures["fleet.readings-lost"]["against"] == "7 days of 6 gateways"
    wanted = {"name", "value", "unit", "goal", "holds", "against", "more_is_better"}
    assert all(set(each) == wanted for each in document["figures"])


def test_a_broken_promise_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = simulate(monkeypatch, {"reading-lost": 3, "bricked-certificate-expired": 1})
    assert code == 1
    assert "BROKEN reading-lost: 3, such as MKG" in text
    assert "NOT everything holds." in text
    code, text = simulate(monkeypatch, {"reading-lost": 3, "bricked-certificate-expired": 1}, "--json")
    figures = {each["name"]: each for each in json.loads(text)["figures"]}
    assert code == 1
    assert (figures["fleet.readings-lost"]["value"], figures["fleet.readings-lost"]["holds"]) == (3, False)
    assert figures["fleet.gateways-bricked"]["value"] == 1
    assert figures["fleet.promises-broken"]["value"] == 4


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").write_text("keep")
    code, text = simulate(monkeypatch, {}, "--folder", str(tmp_path), "--json")
    assert code == 2
    assert json.loads(text)["error"]["code"] == "fleet-folder-taken"
    assert simulate(monkeypatch, {}, "--folder", str(tmp_path / "new"))[0] == 0


def test_fewer_than_six_do_not_have_every_fault() -> None:
    assert CliRunner().invoke(app, ["pki", "simulate", "--gateways", "5"]).exit_code == 2
