"""The report as Markdown, in one language, with footnotes."""

import re
from collections.abc import Iterator
from typing import Any

from meterkast.assurance.report.document import Report
from meterkast.assurance.report.words import Language, Words

_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")

HEADINGS = {
    "deadline": Words("Termijn", "Term for answering"),
    "sheet": Words("Feitenoverzicht", "Fact sheet"),
    "questions": Words("Vragen en antwoorden", "Questions and answers"),
    "question": Words("Vraag", "Question"),
    "notes": Words("Onderbouwing", "Grounds"),
    "legend": Words("Tekens", "Signs"),
    "sign": Words("Ondertekening", "Signatures"),
    "proof": Words("bewijs", "proof"),
    "unconfirmed": Words("onbevestigd", "unconfirmed"),
    "at": Words("Regels beoordeeld per", "Rules evaluated at"),
    "source": Words("bron", "source"),
    "sources": Words("Bronnen", "Sources"),
}
UNSIGNED = Words(
    "Dit stuk is pas een antwoord als ieder hierna genoemd het pakket heeft ondertekend: {names}. "
    "De handtekeningen staan in manifest.dsse.json; controle: meterkast assurance signed PAKKET.",
    "This is an answer only once each of the following has signed the pack: {names}. "
    "The signatures stand in manifest.dsse.json; to check: meterkast assurance signed PACK.",
)
NO_SIGNATORIES = Words(
    "Voor dit stuk is geen ondertekenaar genoemd.", "No signatory is named for this document."
)


def signing(report: Report, language: Language) -> str:
    """Who must sign, as one sentence."""
    if not report.signatories:
        return NO_SIGNATORIES[language]
    return UNSIGNED[language].format(names=", ".join(report.signatories))


def markdown(report: Report, language: Language) -> str:
    """The whole report."""
    return "\n".join(_lines(report.to_dict(), report, language)) + "\n"


def _lines(document: dict[str, Any], report: Report, language: Language) -> Iterator[str]:
    def heading(name: str) -> str:
        return HEADINGS[name][language]

    key = language.value
    yield f"# {_plain(document['title'][key])}"
    yield ""
    made = f"{document['made_at']} · {document['tool']}"
    yield f"{_plain(document['id'])} · {heading('at')} {document['at']} · {made}"
    yield ""
    yield f"> {document['no_legal_advice'][key]}"
    yield ""
    yield f"## {heading('sign')}\n\n{_plain(signing(report, language))}\n"
    if document["deadline"]:
        yield f"## {heading('deadline')}\n\n{_plain(document['deadline']['text'][key])}\n"
    yield f"## {heading('legend')}\n"
    for mark in document["legend"]:
        yield f"- {mark['sign']} **{mark['word'][key]}**: {mark['meaning'][key]}"
    yield f"\n## {heading('sheet')}\n"
    for entry in document["fact_sheet"]:
        yield f"### {entry['title'][key]}\n"
        yield from (_sentence(line, key) for line in entry["lines"])
        yield ""
    yield f"## {heading('questions')}\n"
    for each in document["answers"]:
        place = f" ({_plain(each['asked_at'])})" if each["asked_at"] else ""
        yield f"### {heading('question')} {_plain(each['number'])}{place}\n"
        yield f"*{_plain(each['question'][key])}*\n"
        yield f"{each['opening'][key]}\n"
        for section in each["sections"]:
            yield f"**{section['title'][key]}**\n"
            yield from (_sentence(sentence, key) for sentence in section["sentences"])
            yield ""
    yield f"## {heading('notes')}\n"
    for note in document["notes"]:
        yield _note(note, language)
    yield f"\n## {heading('sources')}\n"
    for source in document["sources"]:
        yield _source(source, language)


def _sentence(sentence: dict[str, Any], key: str) -> str:
    marks = "".join(f"[^{number}]" for number in sentence["notes"])
    return f"- {sentence['sign']} {_plain(sentence['text'][key])}{marks}"


def _note(note: dict[str, Any], language: Language) -> str:
    parts = [f"{note['sign']} {_plain(note['text'][language.value])}"]
    if note["place"]:
        parts.append(f"{HEADINGS['source'][language]} {_plain(note['place'])}")
    if note["date"]:
        doubt = f" ({HEADINGS['unconfirmed'][language]})" if note["confidence"] == "unconfirmed" else ""
        parts.append(note["date"] + doubt)
    parts.append(f"{HEADINGS['proof'][language]}: [{_plain(note['id'])}]({note['proof']})")
    return f"[^{note['number']}]: " + " — ".join(parts)


def _source(source: dict[str, Any], language: Language) -> str:
    parts = [f"- **{source['id']}** {_plain(source['title'])}"]
    if source["date"]:
        doubt = f" ({HEADINGS['unconfirmed'][language]})" if source["confidence"] == "unconfirmed" else ""
        parts.append(source["date"] + doubt)
    if source["url"]:
        parts.append(f"<{source['url']}>")
    if source["sha256"]:
        parts.append(f"SHA-256 `{source['sha256']}`")
    return " — ".join(parts)


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
