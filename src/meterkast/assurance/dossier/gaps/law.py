"""Gaps about rules: an article told in part, a rule about parts that nobody lists."""

from collections.abc import Iterator

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.gaps.gap import Gap, Kind, listed, merged
from meterkast.assurance.dossier.procedure import RequirementKind


def articles_in_part(dossier: Dossier) -> Iterator[Gap]:
    """A statement that describes an article and leaves out some of its limbs."""
    articles = {article.id: article for article in dossier.articles}
    for statement in dossier.statements:
        article = articles.get(statement.article or "")
        if article is None:
            continue
        silent = tuple(limb for limb in article.limbs if limb not in statement.limbs)
        if silent:
            told = listed([f"({limb})" for limb in statement.limbs], "en")
            yield Gap(
                kind=Kind.SCOPE,
                subject=article.id,
                text_nl=f"Van {article.law_nl or article.law} is alleen onderdeel {told} beschreven; "
                f"onderdeel {listed([f'({limb})' for limb in silent], 'en')} blijft weg.",
                text_en=f"Of {article.law} only limb {told} is described; "
                f"limb {listed([f'({limb})' for limb in silent], 'and')} is left out.",
                places=merged(statement.ref, article.ref),
                missing=silent,
                settled_nl="het artikel zelf",
                settled_en="the article itself",
            )


def rules_without_subjects(dossier: Dossier) -> Iterator[Gap]:
    """A rule about critical parts of a component that has no list of them."""
    for requirement in dossier.requirements:
        if requirement.kind is not RequirementKind.GPA_CRITICAL_PARTS:
            continue
        for id in requirement.components:
            if any(part.component == id and part.critical for part in dossier.parts):
                continue
            component = dossier.component(id)
            yield Gap(
                kind=Kind.GAP,
                subject=id,
                text_nl=f"De eis aan kritieke onderdelen van de {component.name_nl.lower()} kent geen "
                "lijst van die "
                "onderdelen en is zo niet te toetsen.",
                text_en=f"The requirement on critical parts of the {component.name_en.lower()} comes "
                "without a list of "
                "those parts and so cannot be tested.",
                places=(requirement.ref,),
                missing=("critical parts",),
                settled_nl="de lijst van kritieke onderdelen met beslisser en datum",
                settled_en="the list of critical parts with decider and date",
            )
