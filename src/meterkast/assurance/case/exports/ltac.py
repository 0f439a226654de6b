"""The case as an outline in LTAC, the Lightweight Text Assurance Case format, out and in.

LTAC is the notation of ``verocase``, which draws GSN and SACM from it: one element on a line, indented by two
spaces under what it supports, ``- Kind Name: statement``. What was written before is cited with ``^``.
LTAC knows no defeaters: one stands as a justification below its claim, named by its effect and by what it
rests on. Status and source stand as contexts. In reading, statuses are left aside: a status is computed.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from meterkast.assurance.case.claim import Argument, Argumentation, Claim, Defeater, Effect, Needs
from meterkast.assurance.case.reference import Kind, Reference
from meterkast.assurance.case.standing import Standing
from meterkast.model.errors import DataError

_ELEMENT = re.compile(
    r"(?P<indent>(?:  )*)- (?P<kind>Claim|Strategy|Evidence|Justification|Context) "
    r"(?P<cited>\^)?(?P<name>[^:{}()\n^]+)(?:: (?P<text>[^\n]*))?"
)
_REPLACED = str.maketrans({"(": "[", ")": "]", "{": "[", "}": "]", "\n": " "})
_MOST_LINES, _DEEPEST = 10_000, 64
_STANDS, _SAID = "stands ", "said "


def write(standing: Standing, *, language: str = "en") -> str:
    """The outline of the case, from its goal down, then what the goal does not lean on."""
    written: set[str] = set()
    lines = list(_claim(standing, standing.case.goal, 0, language, written))
    for name in standing.case.claims:
        if name not in written:
            lines += ["", *_claim(standing, name, 0, language, written)]
    return "\n".join(lines) + "\n"


def read(text: str) -> Argumentation:
    """A case from its outline: claims, arguments, evidence and defeaters, in one language.

    Raises:
        DataError: ``ltac-malformed`` with the line, and as ``Argumentation`` does.
    """
    claims: dict[str, Claim] = {}
    path: list[tuple[int, str, Needs]] = []
    goal = ""
    lines = text.splitlines()
    if len(lines) > _MOST_LINES:
        raise DataError("ltac-malformed", f"An outline has at most {_MOST_LINES} lines.")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        element = _ELEMENT.fullmatch(line.rstrip())
        if element is None or len(element["indent"]) > 2 * _DEEPEST:
            raise DataError("ltac-malformed", "This line is not an element.", where=f"line {number}")
        depth, name = len(element["indent"]) // 2, element["name"].strip()
        while path and path[-1][0] >= depth:
            path.pop()
        if depth and (not path or path[-1][0] != depth - 1):
            raise DataError("ltac-malformed", "The element hangs from nothing.", where=f"line {number}")
        above = path[-1] if path else None
        match element["kind"]:
            case "Claim":
                if above:
                    _support(claims, above, Reference(Kind.CLAIM, name), number)
                if not element["cited"]:
                    if name in claims:
                        raise DataError(
                            "claim-twice", f"Two claims have the id {name!r}.", where=f"line {number}"
                        )
                    claims[name] = Claim(id=name, nl="", en=element["text"] or "", source="")
                    goal = goal or name
                path.append((depth, name, Needs.ALL))
            case "Strategy" if above:
                needs = Needs.ANY if name.startswith(Needs.ANY) else Needs.ALL
                argument = Argument(needs=needs, by=(), en=element["text"] or "")
                claims[above[1]] = _with(claims, above[1], number, argument=argument)
                path.append((depth, above[1], needs))
            case "Evidence" if above:
                _support(claims, above, Reference.parse(_unwritten(name), where=f"line {number}"), number)
            case "Justification" if above:
                effect, _, by = name.partition(" ")
                defeater = _defeater(effect, by, element["text"] or "", number)
                claims[above[1]] = _with(claims, above[1], number, defeater=defeater)
            case "Context" if above:
                if name.startswith(_SAID):
                    claims[above[1]] = replace(claims[above[1]], source=element["text"] or "")
            case _:
                raise DataError("ltac-malformed", "An outline begins with a claim.", where=f"line {number}")
    return Argumentation(goal=goal, claims=claims)


def _claim(standing: Standing, name: str, depth: int, language: str, written: set[str]) -> Iterator[str]:
    judgement = standing.judged[name]
    claim, pad, below = judgement.claim, "  " * depth, "  " * (depth + 1)
    if name in written:
        yield f"{pad}- Claim ^{name}"
        return
    written.add(name)
    yield f"{pad}- Claim {name}: {_clean(getattr(claim, language))}"
    yield f"{below}- Context {_STANDS}{name}: {getattr(judgement.status.label, language)}"
    if claim.source:
        yield f"{below}- Context {_SAID}{name}: {_clean(claim.source)}"
    for number, argument in enumerate(claim.arguments, start=1):
        why = _clean(getattr(argument, language)) or argument.needs.value
        yield f"{below}- Strategy {argument.needs} {number} of {name}: {why}"
        for reference in argument.by:
            if reference.kind is Kind.CLAIM:
                yield from _claim(standing, reference.name, depth + 2, language, written)
            else:
                outcome = standing.sources(reference)
                said = _clean(getattr(outcome, language) or outcome.reason)
                yield f"{below}  - Evidence {_written(reference)}: {said}"
    for defeater, _ in judgement.attacks:
        said = _clean(getattr(defeater, language))
        yield f"{below}- Justification {defeater.effect} {_written(defeater.by)}: {said}"


def _support(
    claims: dict[str, Claim], above: tuple[int, str, Needs], reference: Reference, number: int
) -> None:
    """Hangs it from the last argument of the claim above, or from a new one that needs it all."""
    claim = claims.get(above[1])
    if claim is None:
        raise DataError("ltac-malformed", "A cited claim has nothing below it.", where=f"line {number}")
    *earlier, last = claim.arguments or (Argument(needs=Needs.ALL, by=()),)
    claims[claim.id] = replace(claim, arguments=(*earlier, replace(last, by=(*last.by, reference))))


def _with(
    claims: dict[str, Claim],
    name: str,
    number: int,
    *,
    argument: Argument | None = None,
    defeater: Defeater | None = None,
) -> Claim:
    claim = claims.get(name)
    if claim is None:
        raise DataError("ltac-malformed", "A cited claim has nothing below it.", where=f"line {number}")
    if argument is not None:
        return replace(claim, arguments=(*claim.arguments, argument))
    assert defeater is not None
    return replace(claim, defeaters=(*claim.defeaters, defeater))


def _defeater(effect: str, by: str, text: str, number: int) -> Defeater:
    if effect not in tuple(Effect):
        raise DataError("ltac-malformed", "A justification rebuts or undercuts.", where=f"line {number}")
    reference = Reference.parse(_unwritten(by), where=f"line {number}")
    return Defeater(by=reference, effect=Effect(effect), nl="", en=text)


def _written(reference: Reference) -> str:
    """A name without a colon, which LTAC keeps for itself."""
    return f"{reference.kind} {reference.name.replace(':', '∶')}"


def _unwritten(name: str) -> str:
    kind, _, rest = name.partition(" ")
    return f"{kind}:{rest.replace('∶', ':')}"


def _clean(text: str) -> str:
    return " ".join(text.translate(_REPLACED).split())
