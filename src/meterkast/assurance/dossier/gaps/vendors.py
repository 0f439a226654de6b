"""Gaps about who delivers: owners, seats, numbers, second sources, stepping in, shared makers."""

from collections.abc import Iterator

from meterkast.assurance.dossier import ownership, parts
from meterkast.assurance.dossier.contract import TakeOver
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.fact import Ref
from meterkast.assurance.dossier.gaps.gap import Gap, Kind, dutch, listed, merged
from meterkast.assurance.dossier.party import MAJORITY, Ownership
from meterkast.assurance.dossier.procedure import Requirement, RequirementKind

_TOLERANCE = 0.05
_NEEDED_NL = {
    "lead_weeks": "de aanlooptijd",
    "ramp_weeks": "het tempo van opschalen",
    "buffer_units": "de buffervoorraad",
}
_NEEDED_EN = {"lead_weeks": "the lead time", "ramp_weeks": "the ramp", "buffer_units": "the buffer stock"}
_CHANNEL_NL = {"deliveries": "leveringen", "maintenance": "onderhoud", "updates": "updates"}


def owners_disputed(dossier: Dossier) -> Iterator[Gap]:
    """One tie of ownership with two values from two places."""
    for one, other in ownership.disputed(dossier):
        owner, owned = dossier.party(one.owner), dossier.party(one.owned)
        answers = _answers(dossier, "ownership", about=one.owned)
        silent = () if {one.share.ref, other.share.ref} & set(answers) else answers
        yield Gap(
            kind=Kind.CONFLICT,
            subject=one.owned,
            text_nl=f"{owner.name('nl')} houdt in {owned.name('nl')} volgens de ene tekst {_share_nl(one)}, "
            "volgens de andere "
            f"{_share_nl(other)}{'; het antwoord bevestigt geen van beide' if silent else ''}.",
            text_en=f"{owner.name()} holds {_share_en(one)} of {owned.name()} in one text and "
            f"{_share_en(other)} "
            f"in the other{'; the answer confirms neither' if silent else ''}.",
            places=merged(one.share.ref, other.share.ref, silent[:1]),
            settled_nl="een gedateerd uittreksel uit het register voor elke laag",
            settled_en="a dated register extract for each layer",
        )


def numbers_apart(dossier: Dossier) -> Iterator[Gap]:
    """A number told for a vendor that its share of the contract does not come to."""
    for contract in dossier.contracts:
        for award in contract.awards:
            derived = contract.units_of(award.party)
            told = award.reported_units
            if told is None or abs(derived - told.value) <= _TOLERANCE * told.value:
                continue
            more, ratio = derived - told.value, derived / told.value - 1
            product = f"{award.share.value:.0%} × {contract.units.value:,} = {derived:,}"
            yield Gap(
                kind=Kind.CONFLICT,
                subject=contract.id,
                text_nl=f"Verteld wordt circa {dutch(f'{told.value:,}')}; {dutch(product)}, "
                f"een verschil van {dutch(f'{more:+,}')} ({dutch(f'{ratio:+.1%}')}).",
                text_en=f"Told are some {told.value:,}; {product}, a difference of {more:+,} ({ratio:+.1%}).",
                places=merged(told.ref, award.share.ref, contract.units.ref),
                settled_nl="het aantal per leverancier en per netbeheerder",
                settled_en="the quantity per vendor and per operator",
            )


def seat_is_not_origin(dossier: Dossier) -> Iterator[Gap]:
    """A vendor with a seat in one country and deliveries from another: a test by seat would mistake it."""
    for id in dict.fromkeys(award.party for contract in dossier.contracts for award in contract.awards):
        party = dossier.party(id)
        seat, origin = party.seat, party.origin
        if seat and origin and seat.value and origin.value and seat.value != origin.value:
            yield Gap(
                kind=Kind.SCOPE,
                subject=id,
                text_nl=f"{party.name('nl')} heeft zijn zetel in {seat.value} en levert uit "
                f"{origin.value}: zetel, "
                "herkomst en eigenaar zijn drie feiten, en een toets op zetel alleen meet de verkeerde.",
                text_en=f"{party.name()} has its seat in {seat.value} and delivers from {origin.value}: "
                "seat, origin "
                "and owner are three facts, and a test by seat alone measures the wrong one.",
                places=merged(seat.ref, origin.ref),
                settled_nl="een uittreksel uit het register en de plaatsen van productie",
                settled_en="a register extract and the sites of production",
            )


def single_sources(dossier: Dossier) -> Iterator[Gap]:
    """Two vendors are promised for some components, and others rest on one."""
    for requirement in _two_vendors(dossier):
        single = [
            component
            for component in dossier.components
            if len(component.vendors) == 1 and not _covers(dossier, requirement, component.id)
        ]
        if single:
            yield Gap(
                kind=Kind.SCOPE,
                subject=requirement.id,
                text_nl="Twee leveranciers gelden niet voor "
                f"{listed([component.name_nl for component in single], 'en')}: elk komt van één partij.",
                text_en="Two vendors do not extend to "
                f"{listed([component.name_en for component in single], 'and')}: each comes from one party.",
                places=merged(requirement.ref, tuple(component.status.ref for component in single)),
                settled_nl="broncode in bewaring, een tweede bron of een uitstapplan",
                settled_en="escrow, a second source or an exit plan",
            )


def capacity_without_time(dossier: Dossier) -> Iterator[Gap]:
    """A vendor is said to take over, and when and from what stock is not said."""
    for contract_id, promise in _take_overs(dossier):
        if promise.missing:
            yield Gap(
                kind=Kind.GAP,
                subject=contract_id,
                text_nl=f"{dossier.party(promise.by).name('nl')} kan tot {promise.capacity.value:.0%} "
                "overnemen; "
                f"{listed([_NEEDED_NL[name] for name in promise.missing], 'en')} ontbreken.",
                text_en=f"{dossier.party(promise.by).name()} can take over up to "
                f"{promise.capacity.value:.0%}; "
                f"not given: {listed([_NEEDED_EN[name] for name in promise.missing], 'and')}.",
                places=merged(dossier.asked("buffer"), promise.capacity.ref),
                missing=promise.missing,
                settled_nl="contractbepalingen en bewijs van capaciteit",
                settled_en="contract clauses and evidence of capacity",
            )


def channels_without_owner(dossier: Dossier) -> Iterator[Gap]:
    """Somebody takes over deliveries; who repairs and patches what hangs already is not said."""
    for contract_id, promise in _take_overs(dossier):
        if promise.unowned:
            away = dossier.party(promise.instead_of)
            places = [ref for channel in promise.unowned for ref in dossier.asked(channel)]
            yield Gap(
                kind=Kind.GAP,
                subject=contract_id,
                text_nl=f"Wie {listed([_CHANNEL_NL[name] for name in promise.unowned], 'en')} overneemt "
                "van de "
                f"geplaatste eenheden van {away.name('nl')}, is niet gezegd.",
                text_en=f"Who takes over {listed(promise.unowned, 'and')} of the installed units of "
                f"{away.name()} "
                "is not said.",
                places=merged(tuple(places), promise.capacity.ref),
                missing=promise.unowned,
                settled_nl="broncode in bewaring, sleutels en het recht om te herstellen",
                settled_en="escrow, keys and rights of repair",
            )


def makers_may_be_shared(dossier: Dossier) -> Iterator[Gap]:
    """Two vendors count as independent while nobody knows, or it is known, that they share a maker."""
    for requirement in _two_vendors(dossier):
        tested = [
            parts.independence(dossier, component.id)
            for component in dossier.components
            if len(component.vendors) > 1 and _covers(dossier, requirement, component.id)
        ]
        shared = {maker: item.component for item in tested for maker in item.shared}
        untested = [item.component for item in tested if item.untested]
        if shared:
            makers = [f"{dossier.party(maker).name()} ({component})" for maker, component in shared.items()]
            text_nl = f"De leveranciers delen een maker van onderdelen: {listed(makers, 'en')}."
            text_en = f"The vendors share a maker of parts: {listed(makers, 'and')}."
        elif untested:
            text_nl = f"Of de leveranciers van {listed(untested, 'en')} een maker delen, is niet getoetst."
            text_en = f"Whether the vendors of {listed(untested, 'and')} share a maker is not tested."
        else:
            continue
        yield Gap(
            kind=Kind.CONFLICT if shared else Kind.GAP,
            subject=requirement.id,
            text_nl=text_nl,
            text_en=text_en,
            places=(requirement.ref,),
            missing=() if shared else ("makers below the first tier",),
            settled_nl="opgaven van beide over hun toeleveranciers",
            settled_en="declarations of both about their own sources",
        )


def _take_overs(dossier: Dossier) -> Iterator[tuple[str, TakeOver]]:
    for contract in dossier.contracts:
        if contract.take_over:
            yield contract.id, contract.take_over


def _answers(dossier: Dossier, topic: str, *, about: str) -> tuple[Ref, ...]:
    """Where questions on a topic about somebody are answered."""
    asked = (one for one in dossier.questions if topic in one.asks and about in one.about)
    return tuple(ref for one in asked for ref in one.answered_at)


def _two_vendors(dossier: Dossier) -> Iterator[Requirement]:
    return (one for one in dossier.requirements if one.kind is RequirementKind.TWO_VENDORS)


def _covers(dossier: Dossier, requirement: Requirement, component: str) -> bool:
    return (
        component in requirement.components
        or dossier.component(component).nature.value in requirement.natures
    )


def _share_nl(tie: Ownership) -> str:
    return "een meerderheid" if tie.share.value == MAJORITY else f"{tie.least:.0%}"


def _share_en(tie: Ownership) -> str:
    return "a majority" if tie.share.value == MAJORITY else f"{tie.least:.0%}"
