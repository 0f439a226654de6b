"""The continuity page: sliders over the inputs, answered by the model as they move."""

from dataclasses import dataclass, replace
from functools import lru_cache, partial
from math import isnan
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from meterkast import __version__
from meterkast.assurance.continuity import chart, loading, takeover
from meterkast.assurance.continuity.answers import Answers, run
from meterkast.assurance.continuity.scenario import Channel, Scenario, Spread
from meterkast.console.language import Language, number
from meterkast.console.web.texts import catalogue, continuity

_RUNS = 1024
_SEED = 1
_KEPT = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Slider:
    """One input that moves: its bounds, step, and where it starts."""

    name: str
    low: int
    high: int
    step: int
    start: int
    unit: str


SLIDERS = (
    Slider(name="lead", low=0, high=78, step=1, start=26, unit="weeks"),
    Slider(name="ramp", low=1, high=78, step=1, start=26, unit="weeks"),
    Slider(name="share", low=40, high=70, step=1, start=60, unit="%"),
    Slider(name="overcapacity", low=0, high=50, step=1, start=15, unit="%"),
    Slider(name="buffer", low=0, high=1_500_000, step=25_000, start=0, unit="modules"),
    Slider(name="permanent", low=0, high=100, step=5, start=50, unit="%"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Where the sliders stand, and which channels are lost."""

    lead: int
    ramp: int
    share: int
    overcapacity: int
    buffer: int
    permanent: int
    lost: tuple[Channel, ...]


def _wish(
    lead: Annotated[int, Query(ge=0, le=78)] = 26,
    ramp: Annotated[int, Query(ge=1, le=78)] = 26,
    share: Annotated[int, Query(ge=40, le=70)] = 60,
    overcapacity: Annotated[int, Query(ge=0, le=50)] = 15,
    buffer: Annotated[int, Query(ge=0, le=1_500_000)] = 0,
    permanent: Annotated[int, Query(ge=0, le=100)] = 50,
    lost: Annotated[list[Channel] | None, Query()] = None,
) -> Wish:
    chosen = tuple(each for each in Channel if lost is None or each in lost)
    return Wish(
        lead=lead,
        ramp=ramp,
        share=share,
        overcapacity=overcapacity,
        buffer=buffer,
        permanent=permanent,
        lost=chosen,
    )


Wished = Annotated[Wish, Depends(_wish)]


def add(app: FastAPI) -> None:
    """Adds the page, its moving part and its JSON twin."""
    view = _View()

    @app.get("/continuity", response_class=HTMLResponse)
    def page(request: Request, wish: Wished, lang: Language | None = None) -> HTMLResponse:
        """The page with its sliders."""
        language = lang or Language.preferred(request.headers.get("accept-language", ""))
        return HTMLResponse(view.render("continuity.html", language, wish))

    @app.get("/continuity/answer", response_class=HTMLResponse)
    def moving(wish: Wished, lang: Language = Language.NL) -> HTMLResponse:
        """What changes when a slider moves."""
        return HTMLResponse(view.render("continuity_answer.html", lang, wish))

    @app.get("/api/continuity.json")
    def twin(wish: Wished) -> dict[str, Any]:
        """The numbers behind the page."""
        scenario = scenario_of(wish)
        answers = _answers(wish)
        claim = takeover.judge(scenario, answers)
        return {
            "claim": {"status": claim.status, **claim.explanation._asdict()},
            "answers": answers.to_dict(),
        }


def scenario_of(wish: Wish) -> Scenario:
    """The packaged what-if with the sliders' values in it."""
    ground = loading.load("assumed").with_lost_share(wish.share / 100).with_channels(*wish.lost)
    other = ground.other
    assert other.lead is not None
    assert other.ramp is not None
    moved = ground.with_other(
        lead=Spread(median=float(wish.lead), sigma=other.lead.sigma),
        ramp=Spread(median=float(wish.ramp), sigma=other.ramp.sigma, least=1.0),
        overcapacity=wish.overcapacity / 100,
    )
    moved = replace(moved, disruption=replace(moved.disruption, permanent=wish.permanent / 100))
    return moved.with_buffer(wish.buffer, "slider")


@lru_cache(maxsize=_KEPT)
def _answers(wish: Wish) -> Answers:
    return run(scenario_of(wish), _SEED, _RUNS)


class _View:
    def __init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("meterkast.console.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            version=__version__, languages=list(Language), sliders=SLIDERS, channels=list(Channel)
        )

    def render(self, template: str, language: Language, wish: Wish) -> str:
        """A template with the answers for these sliders."""
        answers = _answers(wish)
        claim = takeover.judge(scenario_of(wish), answers)
        pictures = [chart.fan(answers, language.value), chart.curve(answers, language.value)]
        return self._templates.get_template(template).render(
            lang=language.value,
            t=catalogue()[language],
            c=continuity()[language],
            wish=wish,
            answers=answers,
            claim=claim,
            told=getattr(claim.explanation, language.value),
            charts=[Markup(chart.svg(each, language.value)) for each in pictures],
            number=partial(_number, language),
        )


def _number(language: Language, value: float, decimals: int = 0) -> str:
    """A number as people write it; a dash where there is none."""
    return "–" if isnan(value) else number(value, decimals, language)
