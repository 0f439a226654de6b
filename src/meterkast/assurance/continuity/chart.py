"""Charts as SVG, drawn here: text that a screen reader reads, no script, no style, no foreign address."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from meterkast.assurance.continuity.answers import Answers
from meterkast.assurance.continuity.choice import Outcome
from meterkast.model.errors import LocalError

_WIDTH, _HEIGHT = 720, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 40, 34, 44
_TICKS = 5
_LEGEND = 210
_COLOURS = ("#1f6fa8", "#b66a00", "#8a4b9c")
_DASHES = ("", "7 4", "2 4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a chart: its name, and its points."""

    name: str
    xs: Sequence[float]
    ys: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What is drawn, in words and in numbers."""

    title: str
    across: str
    upwards: str
    lines: tuple[Line, ...]
    dots: bool = False
    mark: float | None = None


_TEXTS = {
    "nl": {
        "fan": "Huishoudens met uitgestelde installatie",
        "weeks": "weken na het wegvallen",
        "households": "huishoudens",
        "median": "mediaan",
        "part": "in {part}% van de runs minder",
        "curve": "Kans dat niemand uitstel heeft, per buffer",
        "buffer": "buffer, modules",
        "nobody": "deel van de runs, %",
        "front": "Kosten tegen uitstel: elk punt is de goedkoopste keuze",
        "months": "huishoudmaanden uitstel, verwacht (in duizenden)",
        "cost": "EUR mln over de looptijd",
        "choices": "keuzes",
    },
    "en": {
        "fan": "Households whose installation is delayed",
        "weeks": "weeks after the loss",
        "households": "households",
        "median": "median",
        "part": "fewer in {part} % of runs",
        "curve": "Chance that nobody is delayed, by buffer",
        "buffer": "buffer, modules",
        "nobody": "part of the runs, %",
        "front": "Cost against delay: every point is the cheapest choice",
        "months": "household-months of delay, expected (thousands)",
        "cost": "EUR M over the term",
        "choices": "choices",
    },
}


def fan(answers: Answers, language: str) -> Chart:
    """Households delayed, by weeks since the loss: median, 90 % and 99 %."""
    words = _TEXTS[language]
    weeks = [float(week) for week in range(0, answers.fan.shape[1], 2)]
    names = (words["median"], words["part"].format(part=90), words["part"].format(part=99))
    lines = [
        Line(name=name, xs=weeks, ys=row[::2].tolist()) for name, row in zip(names, answers.fan, strict=True)
    ]
    return Chart(title=words["fan"], across=words["weeks"], upwards=words["households"], lines=tuple(lines))


def curve(answers: Answers, language: str) -> Chart:
    """The chance that nobody is delayed, for each buffer; the scenario's own buffer is marked."""
    words = _TEXTS[language]
    line = Line(
        name=words["nobody"],
        xs=[float(point.buffer) for point in answers.curve],
        ys=[100 * point.nobody_delayed.value for point in answers.curve],
    )
    return Chart(
        title=words["curve"],
        across=words["buffer"],
        upwards=words["nobody"],
        lines=(line,),
        dots=True,
        mark=float(answers.buffer) if answers.buffer_stated else None,
    )


def front(outcomes: Sequence[Outcome], language: str) -> Chart:
    """Cost against service."""
    words = _TEXTS[language]
    shown = [
        each for each in outcomes if each.household_months < 0.1 * outcomes[0].household_months
    ] or outcomes
    line = Line(
        name=words["choices"],
        xs=[each.household_months / 1e3 for each in shown],
        ys=[each.cost / 1e6 for each in shown],
    )
    return Chart(
        title=words["front"], across=words["months"], upwards=words["cost"], lines=(line,), dots=True
    )


def svg(chart: Chart, language: str) -> str:
    """The chart as an SVG document; lines differ by dash as well as by colour."""
    right, top = _span(chart)
    plot_width, plot_height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def x(value: float) -> float:
        return _LEFT + plot_width * value / right

    def y(value: float) -> float:
        return _TOP + plot_height * (1 - value / top)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12" fill="currentColor">',
        f"<title>{escape(chart.title)}</title><desc>{escape(_told(chart, language))}</desc>",
        *_axes(chart, right, top, x, y, language),
    ]
    for place, line in enumerate(chart.lines):
        colour, dash = _COLOURS[place % 3], _DASHES[place % 3]
        points = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in zip(line.xs, line.ys, strict=True))
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.2"{dashed}/>'
        )
        if chart.dots:
            parts += [
                f'<circle cx="{x(at):.1f}" cy="{y(value):.1f}" r="3.5" fill="{colour}"/>'
                for at, value in zip(line.xs, line.ys, strict=True)
            ]
        if len(chart.lines) > 1:
            left = _LEFT + 12 + _LEGEND * place
            parts.append(
                f'<line x1="{left}" x2="{left + 26}" y1="{_TOP + 8}" y2="{_TOP + 8}" stroke="{colour}" '
                f'stroke-width="2.2"{dashed}/>'
                f'<text x="{left + 32}" y="{_TOP + 12}">{escape(line.name)}</text>'
            )
    if chart.mark is not None and chart.mark <= right:
        at = x(chart.mark)
        parts.append(
            f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}" stroke="currentColor" '
            'stroke-dasharray="3 3"/>'
        )
    return "".join([*parts, "</svg>"])


def png(chart: Chart) -> bytes:
    """The chart as a PNG picture.

    Raises:
        LocalError: ``continuity-charts-missing`` where matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise LocalError(
            "continuity-charts-missing",
            "PNG charts need matplotlib, which is not installed.",
            hint="In a clone: ./mk setup. Elsewhere: pip install 'meterkast[report]'. Or ask for SVG.",
        ) from error
    from io import BytesIO

    figure = Figure(figsize=(_WIDTH / 100, _HEIGHT / 100), dpi=200, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for line, colour, dash in zip(chart.lines, _COLOURS, ("-", "--", ":"), strict=False):
        axes.plot(line.xs, line.ys, dash, color=colour, label=line.name, marker="o" if chart.dots else "")
    axes.set(title=chart.title, xlabel=chart.across, ylabel=chart.upwards, xlim=0, ylim=0)
    axes.grid(visible=True, alpha=0.3)
    if len(chart.lines) > 1:
        axes.legend()
    octets = BytesIO()
    figure.savefig(octets, format="png")
    return octets.getvalue()


def _span(chart: Chart) -> tuple[float, float]:
    right = max((max(line.xs) for line in chart.lines), default=1.0)
    top = max((max(line.ys) for line in chart.lines), default=1.0)
    return max(right, 1e-9), _nice(max(top, 1e-9))


def _nice(top: float) -> float:
    """The next round number that ticks divide well."""
    step = top / _TICKS
    power = 10.0 ** len(str(int(step))) / 10 if step >= 1 else 0.1
    while power > step:
        power /= 10
    return _TICKS * next(power * each for each in (1, 2, 2.5, 4, 5, 8, 10) if power * each >= step * 0.999999)


def _axes(
    chart: Chart,
    right: float,
    top: float,
    x: Callable[[float], float],
    y: Callable[[float], float],
    language: str,
) -> list[str]:
    foot = _HEIGHT - _BOTTOM
    parts = [
        f'<text x="{_LEFT}" y="18" font-weight="600" font-size="14">{escape(chart.title)}</text>',
        f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 8}" text-anchor="end">{escape(chart.across)} →</text>',
        f'<text x="{_WIDTH - _RIGHT}" y="18" text-anchor="end">↑ {escape(chart.upwards)}</text>',
    ]
    for tick in range(_TICKS + 1):
        at, value = x(right * tick / _TICKS), top * tick / _TICKS
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" '
            'stroke="currentColor" stroke-opacity="0.15"/>'
        )
        parts.append(
            f'<text x="{_LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">'
            f"{_written(value, language)}</text>"
        )
        parts.append(
            f'<text x="{at:.1f}" y="{foot + 16}" text-anchor="middle">'
            f"{_written(right * tick / _TICKS, language)}</text>"
        )
    return parts


def _told(chart: Chart, language: str) -> str:
    """The chart in one sentence, for those who do not see it."""
    peaks = [f"{line.name}: max {_written(max(line.ys), language)} {chart.upwards}" for line in chart.lines]
    return "; ".join(peaks)


def _written(value: float, language: str) -> str:
    text = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.1f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "nl" else text
