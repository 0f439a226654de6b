"""The pages of questions and the commands of the answer pack."""

import json
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from typer.testing import CliRunner

from console.console_street import StillStreet
from meterkast.assurance.case.statement import Disclosure
from meterkast.console.cli.app import app
from meterkast.console.web.app import create_app
from report.report_world import SECOND, prove

HOST = "http://127.0.0.1"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[AsyncClient]:
    prove(tmp_path, "probe:no_switch")
    transport = ASGITransport(create_app(StillStreet(site=tmp_path)))
    async with AsyncClient(transport=transport, base_url=HOST) as client:
        yield client


async def test_the_list_has_every_question_in_both_languages(client: AsyncClient) -> None:
    for language, told in (("nl", "Feitenoverzicht"), ("en", "Fact sheet")):
        page = (await client.get(f"/assurance?lang={language}")).text
        assert len(set(re.findall(r'href="/assurance/questions/(Q\d+)\?', page))) == 17
        assert told in page
        assert f'<html lang="{language}">' in page


async def test_from_each_sentence_to_the_proof_in_two_steps(client: AsyncClient) -> None:
    page = (await client.get("/assurance/questions/Q10?lang=en")).text
    sentences = re.findall(r'<li data-status="(\w+)">(.*?)</li>', page, re.DOTALL)
    assert len(sentences) > 10
    assert {"proven", "asserted", "open", "gap"} <= {status for status, _ in sentences}
    for _, sentence in sentences:
        grounds = re.findall(r'href="(/assurance/grounds/[^"?]+)\?', sentence)
        assert grounds, sentence
        for ground in grounds:
            shown = (await client.get(ground)).text
            proof = (await client.get(f"/api{ground}")).json()
            assert unescape(proof["id"]) in unescape(shown)
            assert proof["proof"]


async def test_a_proven_claim_shows_the_entry_that_proves_it(client: AsyncClient) -> None:
    report = (await client.get("/api/assurance.json")).json()
    [note] = [each for each in report["notes"] if each["id"] == "claim:module-has-no-switch"]
    shown = (await client.get(f"/assurance/grounds/{note['proof'].removeprefix('evidence/')}?lang=en")).text
    assert "✓</span> proven" in shown
    for field in ("signer", "sha256", "valid until"):
        assert f"<dt>{field}</dt>" in shown


async def test_pages_carry_nothing_inline_and_say_that_they_are_no_advice(client: AsyncClient) -> None:
    for path in ("/assurance", "/assurance/questions/Q1"):
        answer = await client.get(path, headers={"accept-language": "en"})
        assert answer.headers["content-security-policy"] == "default-src 'self'"
        assert "no legal advice" in answer.text
        assert not re.search(r" on[a-z]+=| style=|<style|<script(?! src)", answer.text)


@pytest.mark.parametrize("path", ["questions/Q99", "grounds/x.json", "grounds/..%2f..%2fkeystore"])
async def test_what_is_not_there_is_not_found(client: AsyncClient, path: str) -> None:
    assert (await client.get(f"/assurance/{path}")).status_code == 404


async def test_new_evidence_is_on_the_page_at_once(tmp_path: Path) -> None:
    transport = ASGITransport(create_app(StillStreet(site=tmp_path)))
    async with AsyncClient(transport=transport, base_url=HOST) as client:
        assert 'data-status="proven"' not in (await client.get("/assurance/questions/Q2")).text
        prove(tmp_path, "probe:no_switch")
        assert 'data-status="proven"' in (await client.get("/assurance/questions/Q2")).text


async def test_evidence_that_was_tampered_with_is_not_shown_as_an_answer(tmp_path: Path) -> None:
    prove(tmp_path, "probe:no_switch")
    path = tmp_path / "assurance" / "evidence.jsonl"
    path.write_text(path.read_text()[:-40] + "\n")
    transport = ASGITransport(create_app(StillStreet(site=tmp_path)))
    async with AsyncClient(transport=transport, base_url=HOST) as client:
        assert (await client.get("/assurance")).status_code == 503


def test_one_command_makes_a_signed_pack(tmp_path: Path) -> None:
    site, out = tmp_path / "site", tmp_path / "pack"

    def run(*words: str) -> tuple[int, dict[str, object]]:
        ended = CliRunner().invoke(app, ["assurance", *words, "--site", str(site), "--json"])
        return ended.exit_code, json.loads(ended.stdout)

    code, made = run("report", "--out", str(out))
    assert code == 0
    assert made["questions"] == 17
    files = made["files"]
    assert isinstance(files, list)
    assert {"answers.nl.pdf", "answers.en.pdf", "answers.nl.md", "answers.en.md"} <= set(files)
    assert run("signed", str(out))[0] == 1
    for role in ("minister-kgg", "minister-ez"):
        assert run("sign", str(out), "--as", role)[0] == 0
    code, checked = run("signed", str(out))
    assert code == 0
    assert checked["findings"] == []
    (out / "answers.nl.md").write_text("Ja.")
    assert run("signed", str(out))[0] == 1
    assert run("sign", str(out), "--as", "minister-kgg")[0] == 5


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--lang", "fr"), 2),
        (("--audience", "everybody"), 2),
        (("--questions", "nowhere.toml"), 3),
        (("--dossier", "nowhere"), 3),
    ],
)
def test_wrong_use_says_what_to_do(tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    ended = CliRunner().invoke(app, ["assurance", "report", *words, "--site", str(tmp_path), "--json"])
    assert ended.exit_code == code
    assert json.loads(ended.stdout)["error"]["code"]


def test_another_dossier_goes_the_same_way(tmp_path: Path) -> None:
    out = tmp_path / "pack.zip"
    words = ["report", "--dossier", str(SECOND), "--lang", "nl", "--no-pdf", "--out", str(out)]
    ended = CliRunner().invoke(app, ["assurance", *words, "--site", str(tmp_path)])
    assert ended.exit_code == 0, ended.output
    assert "3 questions" in ended.stdout
    assert "? missing  alderman" in ended.stdout
    assert out.is_file()


async def test_confidential_evidence_is_on_no_page(tmp_path: Path) -> None:
    secret = "KOPER-DRAAD-ACHTER-KLEM-4"
    prove(tmp_path, "probe:no_switch", disclosure=Disclosure.SUPERVISOR, detail=secret)
    transport = ASGITransport(create_app(StillStreet(site=tmp_path)))
    async with AsyncClient(transport=transport, base_url=HOST) as client:
        report = (await client.get("/api/assurance.json")).json()
        files = [note["proof"].removeprefix("evidence/") for note in report["notes"]]
        paths = ["/assurance", "/api/assurance.json"]
        paths += [f"/assurance/questions/{each['id']}" for each in report["answers"]]
        paths += [
            f"{way}/assurance/grounds/{file}" for file in files for way in ("", "/api") if "claim" in file
        ]
        for path in paths:
            answer = await client.get(path)
            assert answer.status_code == 200
            assert secret not in answer.text, path
