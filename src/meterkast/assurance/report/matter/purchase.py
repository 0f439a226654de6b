"""What was bought: contracts, shares, take-over, components and their parts."""

from collections.abc import Iterator

from meterkast.assurance.dossier.component import Component, Part, Status
from meterkast.assurance.dossier.contract import CHANNELS, Award, Contract, TakeOver
from meterkast.assurance.report.footnote import Footnote
from meterkast.assurance.report.mark import Mark
from meterkast.assurance.report.matter.citing import Citing, lower
from meterkast.assurance.report.row import Row, yes
from meterkast.assurance.report.words import UNKNOWN, Words, figure, listing, percent

_NOTICEABLE = 0.05

_CHANNELS = {
    "deliveries": Words("leveringen", "deliveries"),
    "maintenance": Words("onderhoud", "maintenance"),
    "updates": Words("updates", "updates"),
}
_MISSING = {
    "lead_weeks": Words("de aanlooptijd", "the lead time"),
    "ramp_weeks": Words("de tijd tot volle capaciteit", "the time to full capacity"),
    "buffer_units": Words("de buffervoorraad", "the buffer stock"),
}


def rows(citing: Citing) -> Iterator[Row]:
    """Everything about purchases: contracts, then components, then parts."""
    for contract in citing.dossier.contracts:
        yield _contract(contract, citing)
        for award in contract.awards:
            yield _award(contract, award, citing)
        if contract.take_over is not None:
            yield from _take_over(contract, contract.take_over, citing)
    for component in citing.dossier.components:
        yield _component(component, citing)
    for part in citing.dossier.parts:
        yield _part(part, citing)


def _contract(contract: Contract, citing: Citing) -> Row:
    facts = {
        "units": contract.units,
        "value": contract.value_eur,
        "term": contract.term_years,
        "options": contract.options,
        "option_years": contract.option_years,
        "in_value": contract.options_in_value,
        **{f"share {award.party}": award.share for award in contract.awards},
    }
    in_value = {
        True: Words("inclusief de opties", "including the options"),
        False: Words("zonder de opties", "without the options"),
        None: Words(
            "niet gezegd is of de opties daarin zitten", "whether the options are included is not said"
        ),
    }
    return Row(
        table="contract",
        tags={
            "id": contract.id,
            "options": yes(bool(contract.options.value)),
            "take_over": yes(bool(contract.take_over)),
        },
        fields={
            "component": lower(citing.component(contract.component)),
            "units": figure(contract.units.value),
            "value": figure(contract.value_eur.value),
            "price": figure(contract.price_per_unit, 2),
            "years": figure(contract.term_years.value),
            "options": figure(contract.options.value),
            "option_years": figure(contract.option_years.value),
            "longest": figure(contract.terms_years[-1]),
            "terms": listing([figure(years) for years in contract.terms_years]),
            "operators": listing([citing.name(each) for each in contract.operators]),
            "vendors": listing([citing.name(each.party) for each in contract.awards]),
            "in_value": in_value[contract.options_in_value.value],
            "concentration": figure(contract.concentration, 2),
            "effective": figure(contract.effective_vendors, 2),
            "count": figure(len(contract.awards)),
        },
        notes=tuple(citing.fact(award.share) for award in contract.awards),
        named={name: citing.fact(fact) for name, fact in facts.items()},
        places=frozenset(str(fact.ref) for fact in facts.values()),
    )


def _award(contract: Contract, award: Award, citing: Citing) -> Row:
    party = citing.dossier.party(award.party)
    units = contract.units_of(award.party)
    seat = party.seat.value if party.seat else None
    origin = party.origin.value if party.origin else None
    facts = {
        "share": award.share,
        "seat": party.seat,
        "origin": party.origin,
        "reported": award.reported_units,
    }
    reported = award.reported_units.value if award.reported_units else 0
    told = award.reported_units is not None
    fits = abs(units - reported) <= _NOTICEABLE * reported if told else None
    return Row(
        table="award",
        tags={
            "contract": contract.id,
            "party": award.party,
            "seat_is_origin": yes(seat == origin if seat and origin else None),
            "reported": yes(told),
            "reported_fits": yes(fits),
        },
        fields={
            "party": citing.name(award.party),
            "share": percent(award.share.value),
            "units": figure(units),
            "component": lower(citing.component(contract.component)),
            "seat": Words.same(seat) if seat else UNKNOWN,
            "origin": Words.same(origin) if origin else UNKNOWN,
            "reported": figure(reported),
            "difference": figure(abs(units - reported)),
            "difference_share": percent(abs(units - reported) / reported if reported else 0.0),
        },
        named={"units": citing.fact(contract.units)}
        | {name: citing.fact(fact) for name, fact in facts.items() if fact},
    )


def _take_over(contract: Contract, promise: TakeOver, citing: Citing) -> Iterator[Row]:
    fields = {
        "by": citing.name(promise.by),
        "instead_of": citing.name(promise.instead_of),
        "capacity": percent(promise.capacity.value),
        "missing": listing([_MISSING[name] for name in promise.missing]),
        "component": lower(citing.component(contract.component)),
    }
    numbers = [fact for fact in (promise.lead_weeks, promise.ramp_weeks, promise.buffer_units) if fact]
    yield Row(
        table="take-over",
        tags={"contract": contract.id, "complete": yes(not promise.missing)},
        fields={
            **fields,
            "lead": figure(promise.lead_weeks.value) if promise.lead_weeks else UNKNOWN,
            "ramp": figure(promise.ramp_weeks.value) if promise.ramp_weeks else UNKNOWN,
            "buffer": figure(promise.buffer_units.value) if promise.buffer_units else UNKNOWN,
        },
        notes=tuple(citing.fact(fact) for fact in (promise.capacity, *numbers)),
        mark=Mark.OPEN if promise.missing else Mark.COMPUTED,
    )
    for channel in CHANNELS:
        fact = promise.channels.get(channel)
        yield Row(
            table="channel",
            tags={"contract": contract.id, "channel": channel, "owned": yes(fact is not None)},
            fields={
                **fields,
                "channel": _CHANNELS[channel],
                "owner": citing.name(fact.value) if fact else UNKNOWN,
            },
            notes=(citing.fact(fact or promise.capacity),),
            mark=Mark.ASSERTED if fact else Mark.OPEN,
        )


def _component(component: Component, citing: Citing) -> Row:
    named = [each for each in component.vendors if citing.dossier.party(each).legal_name]
    return Row(
        table="component",
        tags={
            "id": component.id,
            "hardware": yes(component.hardware),
            "status": component.status.value.value,
            "vendors": "none"
            if not component.vendors
            else "one"
            if len(component.vendors) == 1
            else "several",
            "named": yes(bool(named)),
            "sealed": yes(component.sealed is not None),
        },
        fields={
            "name": Words(component.name_nl, component.name_en),
            "id": Words.same(component.id),
            "vendors": listing([citing.name(each) for each in component.vendors]),
            "count": figure(len(component.vendors)),
            "status": Words("in aanbesteding", "under tender")
            if component.status.value is Status.TENDER
            else Words("gegund", "awarded"),
        },
        notes=(citing.fact(component.nature), citing.fact(component.status)),
        places=frozenset({str(component.nature.ref), str(component.status.ref)}),
    )


def _part(part: Part, citing: Citing) -> Row:
    name = Words.same(f"{part.name} ({part.cls})" if part.name else part.cls)
    countries = {
        "design": part.design,
        "production": part.production,
        "assembly": part.assembly,
        "firmware": part.firmware,
    }
    told = [country for country in countries.values() if country is not None]
    proof = {"part": part.id, "class": part.cls, "component": part.component, "countries": countries}
    mark = Mark.RECORDED if told else Mark.OPEN
    if part.ref is None:
        note = Footnote(id=f"part:{part.id}", mark=mark, words=name, proof=proof)
    else:
        note = citing.place("part", part.id, part.ref, name, mark, proof)
    return Row(
        table="part",
        tags={
            "id": part.id,
            "cls": part.cls,
            "component": part.component,
            "told": "some" if told else "none",
        },
        fields={
            "name": name,
            "cls": Words.same(part.cls),
            "component": lower(citing.component(part.component)),
            "vendor": citing.name(part.vendor) if part.vendor else UNKNOWN,
            **{aspect: Words.same(country) if country else UNKNOWN for aspect, country in countries.items()},
        },
        notes=(note,),
        mark=mark,
    )
