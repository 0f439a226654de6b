"""The continuity chapter in words: Markdown, in Dutch or English, from answers that carry a run id."""

import html
import re
from collections.abc import Sequence

from meterkast.assurance.continuity.answers import Answers
from meterkast.assurance.continuity.exclusion import WhatIf
from meterkast.assurance.continuity.interval import Estimate
from meterkast.assurance.continuity.nminusone import Row
from meterkast.assurance.continuity.scenario import Confidence, Scenario
from meterkast.assurance.continuity.takeover import TakeOver
from meterkast.assurance.continuity.updates import Exposure
from meterkast.model.errors import DataError

_WORDS = {
    "nl": {
        "title": "Leveringszekerheid: als een fabrikant wegvalt",
        "keep": (
            "Een huishouden dat wacht houdt zijn oude meter: **installatie uitgesteld** zegt iets over het "
            "plaatsen van een meter, nooit over de stroom."
        ),
        "run": "Run",
        "weeks": "weken",
        "claim": 'De bewering "tot 100%" (S3:122)',
        "answers": "Antwoorden",
        "what": "wat",
        "value": "waarde",
        "interval": "95%-interval",
        "table": "N-1: alles één keer weg",
        "patches": "Updates en onderhoud",
        "order": "Als een verbod volgt",
        "inputs": "Invoer: alles wat is aangenomen, staat hier",
        "field": "veld",
        "source": "bron",
        "confidence": "zekerheid",
        "no_buffer": "**geen buffer vermeld**; gerekend is zonder buffer",
        "buffer": "buffer, modules",
        "delayed": "huishoudens met uitgestelde installatie, ergste moment (gemiddeld)",
        "delayed_99": "idem, in 1 van de 100 runs meer",
        "delayed_weeks": "huishoudweken uitstel (gemiddeld)",
        "nobody_delayed": "deel van de runs zonder uitstel",
        "survive": "weken tot de buffer op is (TTS, mediaan)",
        "takeover": "weken tot de ander 100% levert (TTR, mediaan)",
        "recover": "weken tot de dienst weer op orde is (mediaan)",
        "recovered": "deel van de runs dat binnen de looptijd herstelt",
        "buffer_needed": "nodige buffer, modules",
        "unpatched": "modulejaren zonder updates",
        "cost": "kosten van voorraad en uitstel, EUR",
        "bridge": "kans op een gat tussen generatie 5 en 6",
        "pass": "✓ voldoet",
        "fail": "✗ voldoet niet",
        "open": "? open",
        "none": "nooit binnen de runs",
        "proven": "✓ houdt stand bij deze invoer",
        "refuted": "✗ houdt geen stand bij deze invoer",
        "assumed": "Dit rust op {count} aannamen en is dus een doorrekening, geen vaststelling van feiten.",
        "legal": "Dit is geen juridisch advies.",
        "shortfall": "achterstand",
        "explanation": "toelichting",
    },
    "en": {
        "title": "Continuity of supply: if a vendor drops out",
        "keep": (
            "A household that waits keeps its old meter: **installation delayed** (installatie "
            "uitgesteld) is about "
            "placing a meter, never about power."
        ),
        "run": "Run",
        "weeks": "weeks",
        "claim": 'The claim "to 100 %" (S3:122)',
        "answers": "Answers",
        "what": "what",
        "value": "value",
        "interval": "95 % interval",
        "table": "N-1: everything taken away once",
        "patches": "Updates and maintenance",
        "order": "If an order follows",
        "inputs": "Inputs: everything that is assumed stands here",
        "field": "field",
        "source": "source",
        "confidence": "confidence",
        "no_buffer": "**no buffer stated (geen buffer vermeld)**; computed without one",
        "buffer": "buffer, modules",
        "delayed": "households whose installation is delayed, worst moment (mean)",
        "delayed_99": "the same, more in 1 run of 100",
        "delayed_weeks": "household-weeks of delay (mean)",
        "nobody_delayed": "part of the runs without delay",
        "survive": "weeks until the buffer is gone (TTS, median)",
        "takeover": "weeks until the other delivers 100 % (TTR, median)",
        "recover": "weeks until service is back (median)",
        "recovered": "part of the runs that recover within the term",
        "buffer_needed": "buffer needed, modules",
        "unpatched": "module-years without updates",
        "cost": "cost of stock and delay, EUR",
        "bridge": "chance of a gap between generations 5 and 6",
        "pass": "✓ passes",
        "fail": "✗ fails",
        "open": "? open",
        "none": "never within the runs",
        "proven": "✓ holds for these inputs",
        "refuted": "✗ does not hold for these inputs",
        "assumed": "This rests on {count} assumptions: a what-if, not a finding of fact.",
        "legal": "This is no legal advice.",
        "shortfall": "shortfall",
        "explanation": "explanation",
    },
}
_SHARES = frozenset({"nobody_delayed", "recovered", "bridge"})
_SHOWN = (
    "delayed",
    "delayed_99",
    "delayed_weeks",
    "nobody_delayed",
    "survive",
    "takeover",
    "recover",
    "recovered",
    "buffer_needed",
    "unpatched",
    "cost",
)


def markdown(
    scenario: Scenario,
    claim: TakeOver,
    answers: Answers | None,
    rows: Sequence[Row],
    *,
    language: str,
    exposures: Sequence[Exposure] = (),
    order: WhatIf | None = None,
) -> str:
    """The chapter. Without answers (an open scenario) it says what is missing, and computes nothing.

    Raises:
        DataError: ``continuity-run-id-missing`` for answers without a run id (M132).
    """
    if answers is not None and not answers.run_id:
        raise DataError(
            "continuity-run-id-missing", "Answers without a run id count for nothing.", where="run_id"
        )
    words = _WORDS[language]
    lines = [f"# {words['title']}", "", getattr(scenario, language), "", words["keep"], ""]
    lines += [
        f"## {words['claim']}",
        "",
        f"**{words[claim.status]}**. {getattr(claim.explanation, language)}",
        "",
    ]
    lines += [words["assumed"].format(count=len(scenario.assumed)), ""]
    if answers is not None:
        lines += _answers(answers, language)
    lines += _table(rows, language)
    if exposures:
        lines += [f"## {words['patches']}", ""]
        lines += [
            f"- **{getattr(each.arrangement, language)}**: {getattr(each.explanation, language)}"
            for each in exposures
        ]
        lines.append("")
    if order is not None:
        lines += [f"## {words['order']}", "", getattr(order.explanation, language), ""]
    lines += _inputs(scenario, language)
    return "\n".join([*lines, words["legal"], ""])


def page(text: str, language: str, charts: Sequence[str] = ()) -> str:
    """The Markdown of this room as one HTML page without script, style or foreign address."""
    body = [_block(block) for block in re.split(r"\n{2,}", text.strip())]
    pictures = "".join(f"<figure>{each}</figure>" for each in charts)
    title = _WORDS[language]["title"]
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title></head>'
        f"<body><main>{''.join(body)}{pictures}</main></body></html>\n"
    )


def _block(block: str) -> str:
    if heading := re.match(r"(#+) (.*)", block):
        level = len(heading[1])
        return f"<h{level}>{_inline(heading[2])}</h{level}>"
    rows = block.splitlines()
    if rows[0].startswith("|"):
        cells = [
            [cell.strip() for cell in row.strip("|").split("|")] for row in rows if not row.startswith("|-")
        ]
        head = "".join(f'<th scope="col">{_inline(cell)}</th>' for cell in cells[0])
        body = "".join(
            "<tr>" + "".join(f"<td>{_inline(cell)}</td>" for cell in row) + "</tr>" for row in cells[1:]
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    if rows[0].startswith("- "):
        return "<ul>" + "".join(f"<li>{_inline(row[2:])}</li>" for row in rows) + "</ul>"
    return f"<p>{_inline(block)}</p>"


def _inline(text: str) -> str:
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", html.escape(text, quote=False))


def _answers(answers: Answers, language: str) -> list[str]:
    words = _WORDS[language]
    buffer = _number(answers.buffer, language) if answers.buffer_stated else words["no_buffer"]
    lines = [
        f"## {words['answers']}",
        "",
        f"{words['run']} `{answers.run_id}`: {_number(answers.runs, language)} runs, seed {answers.seed}, "
        f"{answers.weeks} {words['weeks']}.",
        "",
        f"| {words['what']} | {words['value']} | {words['interval']} |",
        "|---|---|---|",
        f"| {words['buffer']} | {buffer} | |",
    ]
    lines += [_estimate(words[name], getattr(answers, name), name, language) for name in _SHOWN]
    if answers.bridge is not None:
        lines.append(_estimate(words["bridge"], answers.bridge.probability, "bridge", language))
    return [*lines, ""]


def _estimate(title: str, estimate: Estimate, name: str, language: str) -> str:
    if estimate.value != estimate.value:  # nothing to estimate from
        return f"| {title} | {_WORDS[language]['none']} | |"
    scale, sign = (100.0, "%") if name in _SHARES else (1.0, "")
    digits = 1 if sign else 0
    value, low, high = (
        _number(scale * each, language, digits) + sign
        for each in (estimate.value, estimate.low, estimate.high)
    )
    return f"| {title} | {value} | {low} – {high} |"


def _table(rows: Sequence[Row], language: str) -> list[str]:
    words = _WORDS[language]
    lines = [
        f"## {words['table']}",
        "",
        f"| {words['what']} | | {words['shortfall']} | {words['explanation']} |",
        "|---|---|---|---|",
    ]
    for row in rows:
        short = "–" if row.shortfall is None else _number(row.shortfall, language)
        lines.append(
            f"| {row.name} | {words[row.outcome]} | {short} | {getattr(row.explanation, language)} |"
        )
    return [*lines, ""]


def _inputs(scenario: Scenario, language: str) -> list[str]:
    words = _WORDS[language]
    marks = {
        Confidence.VERIFIED: "✓",
        Confidence.UNCONFIRMED: "◷",
        Confidence.ASSUMPTION: "❞",
        Confidence.NOT_STATED: "?",
    }
    lines = [
        f"## {words['inputs']}",
        "",
        f"| {words['field']} | {words['value']} | {words['source']} | {words['confidence']} |",
        "|---|---|---|---|",
    ]
    for each in scenario.provenance:
        note = f" ({each.note})" if each.note else ""
        cells = (
            each.field,
            each.value or "–",
            f"{each.source}{note}",
            f"{marks[each.confidence]} {each.confidence}",
        )
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return [*lines, ""]


def _number(value: float, language: str, digits: int = 0) -> str:
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "nl" else text
