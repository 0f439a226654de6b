"""The case as a picture, in the manner of GSN: goals, strategies, solutions, and what attacks them.

The layout is our own: a tree from left to right, children below each other, lines with right angles. Every
node carries the sign and the word of its status beside its colour, and a title that a screen reader reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap

from meterkast.assurance.case.claim import Needs
from meterkast.assurance.case.judgement import Attack, Judgement
from meterkast.assurance.case.reference import Kind
from meterkast.assurance.case.standing import Standing
from meterkast.assurance.case.status import Status

_WIDTH, _GAP_X, _GAP_Y, _PAD, _LINE = 290, 56, 14, 12, 17
_LETTERS, _MARGIN, _HEAD = 36, 24, 64
_SHAPES = {"goal": 4, "solution": 22, "defeater": 0}


@dataclass(slots=True)
class _Node:
    """A box, what it says, and the boxes that hang from it; the place comes with the layout."""

    shape: str
    name: str
    text: str
    status: Status
    word: str
    children: "list[_Node]"
    note: str = ""
    x: int = 0
    y: int = 0

    @property
    def lines(self) -> list[str]:
        """The text as it is broken."""
        return wrap(self.text, _LETTERS) or [""]

    @property
    def height(self) -> int:
        """Of the box, in user units."""
        return 2 * _PAD + _LINE * (len(self.lines) + 2)


def draw(standing: Standing, *, language: str = "nl", claim: str | None = None) -> str:
    """An SVG document of the case, or of one claim and what stands below it.

    Args:
        standing: the judged case.
        language: ``nl`` or ``en``.
        claim: where to begin; the goal where it is None.
    """
    root = _claim(standing.judged, claim or standing.case.goal, language, set())
    height = _place(root, _MARGIN, _MARGIN + _HEAD)
    nodes = list(_all(root))
    width = max(each.x for each in nodes) + _WIDTH + _MARGIN
    title = {
        "nl": "De zaak: wat beweerd wordt en waarop het rust",
        "en": "The case: what is claimed, and on what it rests",
    }
    described = {
        "nl": f"{len(nodes)} vakken; bovenaan: {root.word}.",
        "en": f"{len(nodes)} boxes; on top: {root.word}.",
    }
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + _MARGIN}" '
        f'width="{width}" height="{height + _MARGIN}" role="img" aria-labelledby="title description" '
        f'lang="{language}" font-family="system-ui, sans-serif" font-size="13">',
        f'<title id="title">{escape(title[language])}</title>',
        f'<desc id="description">{escape(described[language])}</desc>',
        f'<rect width="{width}" height="{height + _MARGIN}" fill="#ffffff"/>',
        _legend(language),
        *(_line(parent, child) for parent in nodes for child in parent.children),
        *(_box(node) for node in nodes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _claim(judged: Mapping[str, Judgement], name: str, language: str, seen: set[str]) -> _Node:
    judgement = judged[name]
    claim = judgement.claim
    node = _Node(
        shape="goal",
        name=name,
        text=claim.nl if language == "nl" else claim.en,
        status=judgement.status,
        word=getattr(judgement.status.label, language),
        children=[],
        note=_needs(judgement, language),
    )
    if name in seen:
        node.note = {"nl": "zie hierboven", "en": "see above"}[language]
        return node
    seen.add(name)
    outcomes = {each.reference: each for each in judgement.outcomes}
    for reference in dict.fromkeys(each for argument in claim.arguments for each in argument.by):
        if reference.kind is Kind.CLAIM:
            node.children.append(_claim(judged, reference.name, language, seen))
        else:
            outcome = outcomes[reference]
            node.children.append(
                _Node(
                    shape="solution",
                    name=str(reference),
                    text=_short(getattr(outcome, language) or outcome.reason),
                    status=outcome.status,
                    word=getattr(outcome.status.label, language),
                    children=[],
                )
            )
    node.children += [
        _defeater(each.nl if language == "nl" else each.en, str(each.by), attack, language)
        for each, attack in judgement.attacks
    ]
    return node


_ATTACKS = {
    Attack.HOLDS: (Status.REFUTED, {"nl": "ondermijner geldt", "en": "defeater holds"}),
    Attack.OPEN: (Status.OPEN, {"nl": "ondermijner open", "en": "defeater open"}),
    Attack.REFUTED: (Status.PROVEN, {"nl": "ondermijner weerlegd", "en": "defeater refuted"}),
}


def _defeater(text: str, name: str, attack: Attack, language: str) -> _Node:
    status, words = _ATTACKS[attack]
    return _Node(
        shape="defeater", name=name, text=_short(text), status=status, word=words[language], children=[]
    )


def _needs(judgement: Judgement, language: str) -> str:
    words = {
        "nl": {Needs.ALL: "alles is nodig", Needs.ANY: "één is genoeg"},
        "en": {Needs.ALL: "all of", Needs.ANY: "any of"},
    }[language]
    return " + ".join(dict.fromkeys(words[each.needs] for each in judgement.claim.arguments))


def _place(node: _Node, x: int, y: int) -> int:
    """Gives every box its place; returns where the next one below may begin."""
    node.x, node.y = x, y
    bottom = y
    for child in node.children:
        bottom = _place(child, x + _WIDTH + _GAP_X, bottom)
    return max(bottom, y + node.height + _GAP_Y)


def _all(node: _Node) -> Sequence[_Node]:
    return [node, *(each for child in node.children for each in _all(child))]


def _box(node: _Node) -> str:
    label = node.status.label
    dashed = ' stroke-dasharray="6 4"' if node.shape == "defeater" else ""
    said = f"{node.word}: {node.text} ({node.name})"
    head = f"{label.sign} {node.word}" + (f" · {node.note}" if node.note else "")
    rows = [
        f'<text x="{_PAD}" y="{_PAD + 11}" font-weight="600" fill="{label.colour}">{escape(head)}</text>',
        *(
            f'<text x="{_PAD}" y="{_PAD + 11 + _LINE * number}" fill="#1f2328">{escape(line)}</text>'
            for number, line in enumerate(node.lines, start=1)
        ),
        f'<text x="{_PAD}" y="{node.height - _PAD}" font-size="11" fill="#57606a">'
        f"{escape(node.name[:46])}</text>",
    ]
    return (
        f'<g transform="translate({node.x} {node.y})" role="group"><title>{escape(said)}</title>'
        f'<rect width="{_WIDTH}" height="{node.height}" rx="{_SHAPES[node.shape]}" fill="#ffffff" '
        f'stroke="{label.colour}" stroke-width="2"{dashed}/>{"".join(rows)}</g>'
    )


def _line(parent: _Node, child: _Node) -> str:
    x, y = parent.x + _WIDTH, parent.y + 2 * _PAD
    middle = x + _GAP_X // 2
    return (
        f'<path d="M{x} {y}H{middle}V{child.y + 2 * _PAD}H{child.x}" fill="none" '
        'stroke="#8c959f" stroke-width="1.5"/>'
    )


def _legend(language: str) -> str:
    words = (
        f"{each.label.sign} {getattr(each.label, language)}"
        for each in sorted(Status, key=lambda one: -one.rank)
    )
    return (
        f'<text x="{_MARGIN}" y="{_MARGIN + 14}" fill="#1f2328">{escape("   ".join(words))}</text>'
        f'<text x="{_MARGIN}" y="{_MARGIN + 34}" font-size="11" fill="#57606a">'
        + escape(
            {
                "nl": "hoekig vak: bewering · rond vak: bewijs · gestippeld vak: ondermijner",
                "en": "square box: claim · round box: evidence · dashed box: defeater",
            }[language]
        )
        + "</text>"
    )


def _short(text: str) -> str:
    return text if len(text) <= 150 else f"{text[:149].rstrip()}…"
