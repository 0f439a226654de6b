"""``meterkast tender policy`` and ``judge``: the policy for trusted suppliers, and a supplier against it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.legal import (
    DossierFolder,
    Lang,
    close,
    ground,
    notice,
    opened,
    paragraph,
    told,
)
from meterkast.console.exits import Exit
from meterkast.console.language import Language
from meterkast.model.errors import DataError

if TYPE_CHECKING:
    from meterkast.assurance.dossier import Dossier
    from meterkast.assurance.framework import Agreement, Assessment, Judgement, Policy

_PACKAGED = "packaged"
_PolicyFile = Annotated[
    str, typer.Option("--policy", metavar="FILE", help="Policy in TOML; the packaged one without it.")
]


def add(group: typer.Typer) -> None:
    """Adds the commands to the group of the tender."""
    command(
        group,
        "policy",
        examples=(
            "meterkast tender policy --print > mine.toml",
            "meterkast tender policy --diff packaged mine.toml",
        ),
    )(policy)
    command(
        group,
        "judge",
        examples=(
            "meterkast tender judge assessment.toml",
            "meterkast tender judge first.toml second.toml --lang nl",
        ),
    )(judge)


def policy(
    answer: Answer,
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="What changed from file A to file B; `packaged` names ours."),
    ] = None,
    show: Annotated[bool, typer.Option("--print", help="Print the packaged policy file and end.")] = False,
    language: Lang = Language.EN,
) -> Exit:
    """The policy for trusted suppliers: its criteria, levels and vetoes, its version and its digest.

    No weights and no averages: nothing pays for a veto, and no seat, name or flag is read.
    """
    from meterkast.assurance.framework import diff as differ
    from meterkast.console.cli.paperwork import read_policy

    if show:
        from importlib.resources import files

        file = files("meterkast.assurance") / "data" / "rules" / "framework.toml"
        answer.document({"policy": file.read_text(encoding="utf-8"), "no_legal_advice": notice()})
        answer.text(file.read_text(encoding="utf-8") + f"\n# {notice()[language.value]}")
        return Exit.DONE
    if diff is not None:
        before, after = (read_policy(file) for file in diff)
        changes = differ(before, after)
        answer.document(
            {
                "before": _stamp(before),
                "after": _stamp(after),
                "changes": [
                    {"path": each.path, "before": each.before, "after": each.after} for each in changes
                ],
                "no_legal_advice": notice(),
            }
        )
        answer.text(f"{before.version} {before.digest}")
        answer.text(f"{after.version} {after.digest}")
        none = told(language, "niets", "nothing")
        for change in changes:
            paragraph(answer, f"{change.path}: {change.before or none} → {change.after or none}", 2)
        answer.text(told(language, f"{len(changes)} regels verschillen.", f"{len(changes)} rules differ."))
    else:
        used = read_policy(_PACKAGED)
        answer.document({**_stamp(used), "entries": used.entries(), "no_legal_advice": notice()})
        _tell_policy(answer, used, language)
    close(answer, language)
    return Exit.DONE


def judge(
    answer: Answer,
    file: Annotated[str, typer.Argument(metavar="FILE", help="Assessment in TOML; `-` is standard input.")],
    second: Annotated[
        str | None, typer.Argument(metavar="[SECOND]", help="Assessment of the second assessor.")
    ] = None,
    policy_file: _PolicyFile = _PACKAGED,
    dossier: DossierFolder = None,
    language: Lang = Language.EN,
) -> Exit:
    """Judge an assessment of a supplier for a component by the policy, and say which fact decides.

    The risk class comes from the component's properties; where it is not settled, the worst counts.
    Ends with 1 unless every assessment given is trusted. A verdict of the framework takes two assessors
    and a reply of the supplier.
    """
    from meterkast.assurance.framework import agreement
    from meterkast.assurance.framework import judge as judged
    from meterkast.assurance.rules import profile
    from meterkast.console.cli.paperwork import read_assessment, read_policy

    used, facts = read_policy(policy_file), opened(dossier)
    handed = [(each, read_assessment(each, used)) for each in (file, second) if each is not None]
    for name, assessment in handed:
        _component(facts, assessment, name)
    together = agreement(used, handed[0][1], handed[1][1]) if second is not None else None
    judgements = []
    for _, assessment in handed:
        risk = profile(facts.component(assessment.component)).most
        found = judged(used, risk, assessment)
        judgements.append((assessment, risk.value, found))
    answer.document(
        {
            "policy": _stamp(used),
            "judgements": [_judgement(*each) for each in judgements],
            "agreement": None if together is None else _agreement(together),
            "no_legal_advice": notice(),
        }
    )
    for assessment, risk_class, found in judgements:
        _tell_judgement(answer, assessment, risk_class, found, language)
    if together is None:
        one = told(
            language,
            "Eén beoordelaar; een oordeel vraagt er twee, en wederhoor.",
            "One assessor; a verdict takes two, and a reply of the supplier.",
        )
        paragraph(answer, one)
    else:
        differing = ", ".join(together.differing) or told(language, "niets", "nothing")
        answer.text(
            told(language, "overeenstemming ", "agreement ")
            + f"{together.share:.0%}, kappa {together.kappa:.2f}; "
            + told(language, "verschil: ", "difference: ")
            + differing
        )
    answer.text(told(language, "beleid ", "policy ") + f"{used.version} {used.digest}")
    close(answer, language)
    return Exit.DONE if all(found.trust.outcome.met for _, _, found in judgements) else Exit.FAILED


def _stamp(used: "Policy") -> dict[str, str]:
    return {"version": used.version, "digest": used.digest, "confidence": used.confidence.value}


def _tell_policy(answer: Answer, used: "Policy", language: Language) -> None:
    answer.text(f"{told(language, 'versie', 'version')} {used.version}  [{used.confidence}]")
    answer.text(f"sha256 {used.digest}")
    for group, name in (used.groups_nl if language is Language.NL else used.groups_en).items():
        answer.text("")
        answer.text(name)
        for each in used.criterion:
            if each.group == group:
                answer.text(f"  {each.id}")
                paragraph(answer, told(language, each.text_nl, each.text_en), 4)
                paragraph(answer, "✗ veto: " + told(language, each.veto_nl, each.veto_en), 4)
    answer.text("")
    for risk, levels in used.required.items():
        listed = ", ".join(f"{criterion} {level}" for criterion, level in levels.items())
        answer.text(told(language, f"nodig bij {risk}: ", f"needed for {risk}: ") + listed)


def _component(facts: "Dossier", assessment: "Assessment", file: str) -> None:
    known = [each.id for each in facts.components]
    if assessment.component not in known:
        raise DataError(
            "assessment-component-unknown",
            f"The dossier has no component {assessment.component!r}.",
            where=f"{file}: component",
            hint=f"Components: {', '.join(known)}.",
        )


def _judgement(assessment: "Assessment", risk: str, found: "Judgement") -> dict[str, Any]:
    return {
        "assessor": assessment.assessor,
        "supplier": assessment.supplier,
        "component": assessment.component,
        "risk": risk,
        "trust": found.trust.value,
        "outcome": found.trust.outcome.value,
        "deciding": list(found.deciding),
        "reason": {"nl": found.reason_nl, "en": found.reason_en},
        "facts": [
            {"what": each.what, "value": each.value, "ref": each.ref, "confidence": each.confidence.value}
            for each in found.facts
        ],
        "measures": list(found.measures),
    }


def _agreement(together: "Agreement") -> dict[str, Any]:
    return {
        "share": together.share,
        "kappa": together.kappa,
        "differing": list(together.differing),
    }


def _tell_judgement(
    answer: Answer, assessment: "Assessment", risk: str, found: "Judgement", language: Language
) -> None:
    word = told(language, found.trust.nl, found.trust.value)
    subject = f"{assessment.supplier}/{assessment.component} ({risk})"
    by = told(language, "door", "by")
    answer.text(f"{found.trust.outcome.sign} {word}  {subject} {by} {assessment.assessor}")
    paragraph(answer, told(language, found.reason_nl, found.reason_en), 4)
    if found.deciding:
        paragraph(answer, told(language, "beslist: ", "deciding: ") + ", ".join(found.deciding), 4)
        paragraph(answer, "↳ " + ground(found.facts[0], language), 4)
    for measure in found.measures:
        paragraph(answer, told(language, "moet blijven: ", "must stay: ") + measure, 4)
