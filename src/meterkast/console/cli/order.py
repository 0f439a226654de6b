"""An exclusion order as people and machines are shown it: every condition, both signatures, and the sum."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.legal import paragraph, told
from meterkast.console.language import Language

if TYPE_CHECKING:
    from meterkast.assurance.tender import Order

_NEEDS = {
    "order-law": ("law", "een wet die op die dag van kracht is", "a law in force on that day"),
    "order-reason": ("reason", "grond (a) opzet of (b) banden", "ground (a) intention or (b) ties"),
    "order-facts": ("facts", "feiten met een bron", "facts with a source"),
    "order-nationality": (
        "facts",
        "geen zetel, naam of nationaliteit als grond",
        "no seat, name or nationality as ground",
    ),
    "order-parts": ("parts", "aangewezen onderdelen", "designated parts"),
    "order-purpose": (
        "purpose",
        "doel: voorkomen, beperken of beheersen",
        "purpose: prevent, limit or control",
    ),
    "order-not-necessary": (
        "lesser-means",
        "noodzaak: lichtere middelen gewogen, elk gemotiveerd verworpen",
        "necessity: lesser means weighed, each rejected with a reason",
    ),
    "order-no-term": (
        "replacement-days",
        "een termijn voor vervanging",
        "a term for replacement",
    ),
}
_ROLES = {
    "line-minister": ("vakminister", "line minister"),
    "minister-of-justice-and-security": (
        "minister van Justitie en Veiligheid",
        "Minister of Justice and Security",
    ),
}


def _needs(order: "Order", on: date) -> Iterator[tuple[str, bool]]:
    lacking = {finding.code for finding in order.check(on)}
    yield from ((code, code not in lacking) for code in _NEEDS)


def order_document(order: "Order", on: date) -> dict[str, Any]:
    """The order as JSON values: what it needs, what is met, who has signed, and whether it binds."""
    signed = dict(order.signatures)
    return {
        "law": order.law,
        "state": order.state.value,
        "necessary": order.necessary,
        "valid": order.valid(on),
        "needs": [
            {"code": code, "field": field, "met": met, "nl": nl, "en": en}
            for code, met in _needs(order, on)
            for field, nl, en in [_NEEDS[code]]
        ],
        "signatures": [
            {"role": role, "on": signed[role].isoformat() if role in signed else None} for role in _ROLES
        ],
    }


def tell_order(answer: Answer, order: "Order", on: date, language: Language) -> None:
    """Prints what an order needs, met or not, and whether it binds on a day."""
    from meterkast.assurance.rules import routes

    known = {each.id: each for each in routes().route}.get(order.law)
    law = order.law if known is None else told(language, known.law_nl, known.law_en)
    answer.text("")
    paragraph(answer, told(language, "een order volgens ", "an order under ") + law)
    for code, met in _needs(order, on):
        field, nl, en = _NEEDS[code]
        lacking = "" if met else f"  [{field}]"
        answer.text(f"  {'✓' if met else '✗'} {told(language, nl, en)}{lacking}")
    signed = dict(order.signatures)
    for role, words in _ROLES.items():
        day_of = signed.get(role)
        word = told(language, "handtekening ", "signature of the ") + told(language, *words)
        missing = told(language, "ontbreekt", "missing")
        answer.text(f"  {'✗' if day_of is None else '✓'} {word}: {day_of or missing}")
    binds = told(language, "De order bindt op die dag.", "The order binds on that day.")
    idle = told(language, "De order bindt niet op die dag.", "The order does not bind on that day.")
    answer.text(f"{'✓ ' + binds if order.valid(on) else '✗ ' + idle} ({order.state})")
