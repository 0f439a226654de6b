"""The web application: one page, its JSON twins, and a stream of what changes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import FileResponse, HTMLResponse
from sse_starlette.event import ServerSentEvent
from sse_starlette.sse import EventSourceResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from meterkast import __version__
from meterkast.console.language import Language
from meterkast.console.web import assurance, continuity
from meterkast.console.web.day import day_of
from meterkast.console.web.guard import Guard
from meterkast.console.web.source import StateSource
from meterkast.console.web.view import Choice, View
from meterkast.protocols.x1.schema import schema
from meterkast.street.state import HomeState, StreetState

_LOCAL_HOSTS = ["127.0.0.1", "localhost"]
_PAUSE = 0.5
_HEARTBEAT = 15
_SEND_WITHIN = 10.0

Wish = Annotated[date | None, Query(description="A local day in Europe/Amsterdam; the newest where absent.")]


def create_app(source: StateSource) -> FastAPI:
    """The application over this source; it answers to local host names only."""
    app = FastAPI(title="Meterkast", version=__version__, docs_url=None, redoc_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_LOCAL_HOSTS)
    app.add_middleware(Guard)
    folder = Path(str(files("meterkast.console.web")))
    app.mount("/static", StaticFiles(directory=folder / "static"))
    app.mount("/vendor", StaticFiles(directory=folder / "vendor"))
    _add_page(app, source)
    _add_twins(app, source)
    _add_schema(app)
    continuity.add(app)
    assurance.add(app, source.site)

    @app.get("/favicon.ico", include_in_schema=False)
    async def favicon() -> FileResponse:
        return FileResponse(folder / "static" / "favicon.svg", media_type="image/svg+xml")

    @app.get("/health/live")
    async def live() -> dict[str, str]:
        """Says that the page is being served."""
        return {"status": "live"}

    return app


def _add_page(app: FastAPI, source: StateSource) -> None:
    view = View()

    @app.get("/", response_class=HTMLResponse)
    async def page(
        request: Request, lang: Language | None = None, home: str | None = None, day: str = ""
    ) -> HTMLResponse:
        """The page. A home or day that does not exist is answered with the nearest that does."""
        language = lang or Language.preferred(request.headers.get("accept-language", ""))
        state = source.state()
        chosen = _home(state, home) or next(iter(state.homes), None)
        if chosen is None:
            return HTMLResponse(view.page(state, language, None, None))
        choice = Choice.of(chosen, _wished(day), source.first_day)
        shown = day_of(chosen.ean, choice.day, await source.blocks(chosen.ean, choice.day))
        return HTMLResponse(view.page(state, language, choice, shown))

    @app.get("/events")
    async def events(lang: Language = Language.NL) -> EventSourceResponse:
        """The live part of the page as server-sent events, at most two a second."""
        return EventSourceResponse(_stream(source, view, lang), ping=_HEARTBEAT, send_timeout=_SEND_WITHIN)

    @app.get("/events/port")
    async def port_events(home: str, lang: Language = Language.NL) -> EventSourceResponse:
        """What the consumer port of one home shows, as server-sent events, whenever it is something new."""
        if _home(source.state(), home) is None:
            raise HTTPException(404, "No home of this street has that EAN code.")
        return EventSourceResponse(
            _port_stream(source, view, home, lang), ping=_HEARTBEAT, send_timeout=_SEND_WITHIN
        )


def _add_twins(app: FastAPI, source: StateSource) -> None:
    @app.get("/api/state.json")
    async def state() -> dict[str, Any]:
        """The newest snapshot."""
        return source.state().to_dict()

    @app.get("/api/homes/{ean}/day.json")
    async def home_day(ean: str, day: Wish = None) -> dict[str, Any]:
        """One connection's day, interval by interval: the document behind the charts."""
        home = _home(source.state(), ean)
        if home is None:
            raise HTTPException(404, "No home of this street has that EAN code.")
        wished = day or Choice.of(home, None, source.first_day).day
        return day_of(ean, wished, await source.blocks(ean, wished)).to_dict()


def _add_schema(app: FastAPI) -> None:
    @app.get("/api/x1/schema.json")
    async def x1_schema() -> dict[str, Any]:
        """The JSON Schema of what a consumer port shows."""
        return schema()


async def _stream(source: StateSource, view: View, language: Language) -> AsyncIterator[ServerSentEvent]:
    """One message per change; what changed while one was being sent is in the next."""
    newest = await source.changed(0)
    while newest is not None:
        yield ServerSentEvent(view.live(source.state(), language))
        await asyncio.sleep(_PAUSE)
        newest = await source.changed(newest)


async def _port_stream(
    source: StateSource, view: View, ean: str, language: Language
) -> AsyncIterator[ServerSentEvent]:
    """One message per instant that the port has shown; while this is read, it is being shown."""
    told = ""
    with source.watching(ean):
        newest = await source.changed(0)
        while newest is not None:
            home = _home(source.state(), ean)
            if home is not None and (text := view.port(home, language)) != told:
                told = text
                yield ServerSentEvent(text)
            newest = await source.changed(newest)


def _home(state: StreetState, ean: str | None) -> HomeState | None:
    return next((home for home in state.homes if home.ean == ean), None)


def _wished(day: str) -> date | None:
    try:
        return date.fromisoformat(day)
    except ValueError:
        return None
