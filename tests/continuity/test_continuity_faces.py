"""The command line and the page."""

import json
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from typer.testing import CliRunner

from meterkast.console.cli.app import app
from meterkast.console.language import Language
from meterkast.console.web import continuity
from meterkast.console.web.guard import Guard
from meterkast.console.web.texts import continuity as texts

RUNNER = CliRunner()


def asked(*arguments: str) -> tuple[int, str, str]:
    result = RUNNER.invoke(app, ["continuity", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_run_prints_one_document(tmp_path: Path) -> None:
    chart, chapter = tmp_path / "fan.svg", tmp_path / "chapter.html"
    code, out, _ = asked(
        "run",
        "--runs",
        "512",
        "--json",
        "--chart",
        str(chart),
        "--report",
        str(chapter),
        "--order",
        "2030-01-01",
    )
    document = json.loads(out)
    assert code == 0
    assert document["claim"]["status"] == "open"
    assert document["answers"]["runs"] == 512
    assert document["answers"]["buffer_needed"]["low"] <= document["answers"]["buffer_needed"]["value"]
    assert document["order"]["fleet"] > 0
    assert {row["id"] for row in document["n_minus_one"]} >= {"A", "B", "chip"}
    assert all(each["source"] and each["confidence"] for each in document["inputs"])
    assert chart.read_text(encoding="utf-8").startswith("<svg")
    assert "<h1>" in chapter.read_text(encoding="utf-8")


def test_a_refuted_claim_ends_with_1_and_a_held_one_with_0() -> None:
    assert asked("run", "--runs", "512", "--buffer", "1000")[0] == 1
    assert asked("run", "--runs", "512", "--buffer", "1500000")[0] == 0


def test_the_dossier_alone_is_open_and_nothing_is_guessed() -> None:
    code, out, _ = asked("run", "dossier", "--lang", "nl")
    assert code == 0
    assert "Geen buffer vermeld" in out
    assert json.loads(asked("run", "dossier", "--json")[1])["answers"] is None


def test_bad_input_ends_with_3_and_names_file_and_field(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('extends = "assumed"\n[stock]\nbuffer = 5\n', encoding="utf-8")
    code, out, err = asked("run", str(own), "--json")
    assert code == 3
    assert json.loads(out)["error"]["where"] == f"{own}: stock.buffer"
    assert "Traceback" not in err
    assert asked("run", "nobody")[0] == 3
    assert asked("optimise", "dossier")[0] == 3
    assert asked("run", "--order", "2020-01-01", "--runs", "64")[0] == 3
    own.write_text(
        'extends = "assumed"\n[limits]\n'
        'waiting_most = { value = 0, source = "test", confidence = "assumption" }\n'
        'buffer_most = { value = 0, source = "test", confidence = "assumption" }\n'
        'reserve_most = { value = 0, source = "test", confidence = "assumption" }\n',
        encoding="utf-8",
    )
    code, out, _ = asked("optimise", str(own), "--scenarios", "20", "--json", "--quiet")
    assert code == 3
    assert "limits." in json.loads(out)["error"]["where"]


def test_compare_sets_scenarios_side_by_side() -> None:
    code, out, _ = asked("compare", "assumed", "stressed", "--runs", "512", "--json")
    assert code == 0
    assert [each["scenario"] for each in json.loads(out)["compared"]] == ["assumed", "stressed"]
    assert "buffer_needed" in asked("compare", "assumed", "stressed", "--runs", "512")[1]


def test_optimise_explains_itself(tmp_path: Path) -> None:
    chart = tmp_path / "front.svg"
    code, out, err = asked("optimise", "--scenarios", "20", "--front", "--json", "--chart", str(chart))
    document = json.loads(out)
    assert code == 0
    assert document["solution"]["scenarios"] == 20
    assert len(document["front"]) > 5
    assert {"buffer", "reserve", "escrow"} <= {each["id"] for each in document["terms"]}
    assert "continuity: 10 of 10" in err
    assert chart.exists()
    assert asked("optimise", "--aim", "luck")[0] == 2


def test_long_work_tells_how_far_it_is() -> None:
    assert "of 20000" in asked("run", "--runs", "20000")[2]
    assert "of 512" not in asked("run", "--runs", "512")[2]


def test_the_scenario_can_be_printed_and_taken_as_a_start(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(asked("run", "assumed", "--print")[1], encoding="utf-8")
    code, out, _ = asked("run", str(own), "--runs", "64", "--json")
    assert code == 0
    assert json.loads(out)["answers"]["runs"] == 64


@pytest.fixture
async def client() -> AsyncIterator[AsyncClient]:
    served = FastAPI()
    served.add_middleware(Guard)
    continuity.add(served)
    async with AsyncClient(transport=ASGITransport(served), base_url="http://127.0.0.1") as client:
        yield client


class _Strict(HTMLParser):
    """Collects what a bare content policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.refused += [f"{tag} {name}" for name in names if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.refused.append(tag)
        for name in ("src", "href"):
            value = names.get(name)
            if value is not None and not value.startswith(("/", "#")):
                self.refused.append(value)
        self.ids += [names["id"] or ""] if "id" in names else []


@pytest.mark.parametrize("lang", ["nl", "en"])
async def test_the_page_stands_under_the_bare_policy(client: AsyncClient, lang: str) -> None:
    answer = await client.get(f"/continuity?lang={lang}")
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == "default-src 'self'"
    strict = _Strict()
    strict.feed(answer.text)
    assert strict.refused == []
    assert len(strict.ids) == len(set(strict.ids))
    assert {each.name for each in continuity.SLIDERS} <= set(strict.ids)
    assert texts()[Language(lang)]["intro"].split(";")[0] in answer.text


async def test_sliders_move_the_answer(client: AsyncClient) -> None:
    quick, slow = [
        (await client.get(f"/api/continuity.json?lead={lead}&buffer=400000")).json() for lead in (0, 60)
    ]
    assert quick["claim"]["status"] == "proven"
    assert slow["claim"]["status"] == "refuted"
    moved = await client.get("/continuity/answer?lead=60&buffer=400000&lang=nl")
    assert "houdt geen stand" in moved.text
    only = await client.get("/api/continuity.json?lost=updates")
    assert only.json()["answers"]["buffer_needed"]["value"] == 0


async def test_sliders_out_of_bounds_are_refused(client: AsyncClient) -> None:
    for wish in ("lead=999", "share=0", "buffer=-1", "lost=war", "lead=x"):
        assert (await client.get(f"/continuity/answer?{wish}")).status_code == 422


def test_both_languages_have_the_same_texts() -> None:
    assert set(texts()[Language.NL]) == set(texts()[Language.EN])
    for words in texts().values():
        assert not any("zonder stroom" in text or "without power" in text for text in words.values())
