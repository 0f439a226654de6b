"""Gaps of wording: one document cited in two ways, one procedure called by two names."""

import re
from collections.abc import Iterator

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.gaps.gap import Gap, Kind, listed, merged
from meterkast.assurance.dossier.procedure import Kind as ProcedureKind

_CASE = re.compile(r"\d{4}Z\d{5}")
_BARE_DOSSIER = re.compile(r"Kamerstuk \d{2} \d{3}(?!\d)(?!,? nr)")
_KIND_NL = {
    ProcedureKind.OPEN: "een openbare procedure",
    ProcedureKind.SELECTIVE: "een procedure met selectie vooraf",
}
_KIND_EN = {
    ProcedureKind.OPEN: "an open procedure",
    ProcedureKind.SELECTIVE: "a procedure with prior selection",
}


def citations_in_two_syntaxes(dossier: Dossier) -> Iterator[Gap]:
    """One document under a case number and under what looks like the number of a file."""
    bare = [one for one in dossier.citations if _BARE_DOSSIER.search(one.written)]
    for citation in bare:
        cases = [
            one
            for one in dossier.citations
            if one.document == citation.document and _CASE.search(one.written)
        ]
        if not cases:
            continue
        followers = [one for one in bare if one.document != citation.document]
        suspects = listed([one.written for one in followers], "en")
        yield Gap(
            kind=Kind.WORDING,
            subject=citation.document,
            text_nl=f"Eén stuk heet “{citation.written}” en “{cases[0].written}”: het tweede is een "
            "zaaknummer, het "
            "eerste lijkt een dossiernummer."
            + (f" {suspects} volgt mogelijk hetzelfde patroon (onbevestigd)." if suspects else ""),
            text_en=f"One document is called “{citation.written}” and “{cases[0].written}”: the second is "
            "a case "
            "number, the first looks like a file number."
            + (f" {suspects} may follow the same pattern (unconfirmed)." if suspects else ""),
            places=merged(
                citation.places, *(one.places for one in cases), *(one.places for one in followers)
            ),
            settled_nl="de juiste verwijzing",
            settled_en="the correct reference",
        )


def procedure_names(dossier: Dossier) -> Iterator[Gap]:
    """A procedure whose names mean two kinds, compared with the kind that its phases make it."""
    for procedure in dossier.procedures:
        kind = procedure.kind
        if kind is None or len({name.value for name in procedure.called}) < 2:
            continue
        names = [f"“{name.quote}”" for name in procedure.called]
        phases = [phase.ref for phase in procedure.phases if phase.value != "consultation"]
        yield Gap(
            kind=Kind.WORDING,
            subject=procedure.id,
            text_nl=f"De procedure heet {listed(names, 'en')}; naar de beschreven fasen is het "
            f"{_KIND_NL[kind]}.",
            text_en=f"The procedure is called {listed(names, 'and')}; by the phases described it is "
            f"{_KIND_EN[kind]}.",
            places=merged(tuple(name.ref for name in procedure.called), tuple(phases)),
            settled_nl="de soort procedure in de aankondiging op TenderNed",
            settled_en="the type of procedure in the notice on TenderNed",
        )
