"""The questions on a page: from each sentence to its ground, and from there to the proof."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse

from meterkast.assurance.report.disclosure import Audience, Sentinel
from meterkast.assurance.report.document import Report
from meterkast.assurance.report.preparing import Prepared, prepare
from meterkast.console.language import Language
from meterkast.console.web.view import View
from meterkast.model.errors import MeterkastError

_RECORD = "assurance/evidence.jsonl"


class Answers:
    """The public report of a site, made anew when its evidence or the day has changed."""

    def __init__(self, site: Path) -> None:
        self._site = site
        self._lock = Lock()
        self._made: tuple[object, Prepared] | None = None

    async def prepared(self) -> Prepared:
        """The newest report with its sentinel; it is put together beside the event loop.

        Raises:
            HTTPException: 503 where the evidence or the dossier is not what it should be.
        """
        try:
            return await asyncio.to_thread(self._newest)
        except MeterkastError as error:
            raise HTTPException(503, error.message) from error

    def _newest(self) -> Prepared:
        with self._lock:
            state = self._state()
            if self._made is None or self._made[0] != state:
                self._made = (state, prepare(self._site, now=time.time(), audience=Audience.PUBLIC))
            return self._made[1]

    def _state(self) -> object:
        path = self._site / _RECORD
        written = path.stat() if path.exists() else None
        day = datetime.now(UTC).date()
        return day, written and (written.st_mtime_ns, written.st_size)


def add(app: FastAPI, site: Path) -> None:
    """Adds the pages and their JSON twins."""
    answers, view = Answers(site), View()

    def page(
        request: Request, template: str, lang: Language | None, sentinel: Sentinel, **values: object
    ) -> HTMLResponse:
        language = lang or Language.preferred(request.headers.get("accept-language", ""))
        text = view.render(template, language, path=request.url.path, **values)
        return HTMLResponse(sentinel.pass_on(request.url.path, text.encode()))

    @app.get("/assurance", response_class=HTMLResponse)
    async def questions(request: Request, lang: Language | None = None) -> HTMLResponse:
        """Every question with how its answer stands, the deadline, and the fact sheet."""
        prepared = await answers.prepared()
        return page(request, "questions.html", lang, prepared.sentinel, report=prepared.report.to_dict())

    @app.get("/assurance/questions/{id}", response_class=HTMLResponse)
    async def question(request: Request, id: str, lang: Language | None = None) -> HTMLResponse:
        """One answer, each sentence with the grounds that it rests on."""
        prepared = await answers.prepared()
        report = prepared.report.to_dict()
        found = next((each for each in report["answers"] if each["id"] == id), None)
        if found is None:
            raise HTTPException(404, "There is no such question.")
        return page(request, "question.html", lang, prepared.sentinel, report=report, answer=found)

    @app.get("/assurance/grounds/{file}", response_class=HTMLResponse)
    async def ground(request: Request, file: str, lang: Language | None = None) -> HTMLResponse:
        """One ground: what it says, and the proof itself."""
        prepared = await answers.prepared()
        report, note = prepared.report, _note(prepared.report, file)
        used = [each for each in report.to_dict()["answers"] if _uses(each, report, file)]
        return page(request, "ground.html", lang, prepared.sentinel, note=note, file=file, used=used)

    @app.get("/api/assurance.json")
    async def document() -> dict[str, Any]:
        """The whole report."""
        return (await answers.prepared()).report.to_dict()

    @app.get("/api/assurance/grounds/{file}")
    async def proof(file: str) -> dict[str, Any]:
        """The proof of one ground: the same file that an answer pack holds."""
        return _note((await answers.prepared()).report, file)


def _note(report: Report, file: str) -> dict[str, Any]:
    for note in report.notes:
        if note.file == file:
            return {**note.to_dict(report.audience), "sign": note.mark.sign}
    raise HTTPException(404, "There is no such ground.")


def _uses(answer: dict[str, Any], report: Report, file: str) -> bool:
    number = next(place for place, note in enumerate(report.notes, start=1) if note.file == file)
    return any(number in said["notes"] for section in answer["sections"] for said in section["sentences"])
