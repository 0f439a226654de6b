"""``meterkast tender exclude``: what an order on a vendor needs before it binds, and what it would do."""

from dataclasses import asdict
from datetime import date, timedelta
from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.legal import DossierFolder, Lang, close, notice, opened, paragraph, today, told
from meterkast.console.cli.options import day
from meterkast.console.cli.order import order_document, tell_order
from meterkast.console.exits import Exit
from meterkast.console.language import Language, number
from meterkast.model.errors import DataError

if TYPE_CHECKING:
    from meterkast.assurance.continuity.exclusion import WhatIf
    from meterkast.assurance.continuity.scenario import Scenario
    from meterkast.assurance.dossier import Dossier
    from meterkast.assurance.dossier.party import Party
    from meterkast.assurance.tender import Effect
    from meterkast.assurance.tender.effect import Year


class Scope(StrEnum):
    """What an order forbids."""

    NEW = "new"
    INSTALLED = "installed"


class Law(StrEnum):
    """What an order can rest on."""

    CBW = "CBW-21A"
    WWKE = "WWKE-15A"


_YEARS = 4
_DAYS_PER_YEAR = 365
_WEEKS_PER_YEAR = 52


def add(group: typer.Typer) -> None:
    """Adds the command to the group of the tender."""
    command(
        group,
        "exclude",
        examples=(
            "meterkast tender exclude kaifa-nl --from 2030-01-01",
            "meterkast tender exclude sagemcom --scope installed --from 2030-01-01 --years 5 --lang nl",
            "meterkast tender exclude kaifa-nl --order order.toml --from 2030-01-01 --json",
        ),
    )(exclude)


def exclude(
    answer: Answer,
    party: Annotated[str, typer.Argument(metavar="PARTY", help="A party by its id or name in the dossier.")],
    scope: Annotated[Scope, typer.Option(help="New deliveries, or modules on the wall as well.")] = Scope.NEW,
    start: Annotated[
        date | None,
        typer.Option("--from", parser=day, metavar="DAY", help="From this day; today without it."),
    ] = None,
    transition: Annotated[int, typer.Option(min=0, help="Weeks from the order to the last delivery.")] = 0,
    years: Annotated[
        int | None,
        typer.Option(min=1, max=100, help="Years to replace what is in use; 4 where no order says it."),
    ] = None,
    order: Annotated[
        str | None, typer.Option(metavar="FILE", help="The order in TOML, as far as it has come.")
    ] = None,
    law: Annotated[Law, typer.Option(help="Law behind it, where no order is given.")] = Law.CBW,
    scenario: Annotated[
        str, typer.Option(metavar="SCENARIO", help="Continuity scenario for the weeks after the order.")
    ] = "assumed",
    dossier: DossierFolder = None,
    language: Lang = Language.EN,
) -> Exit:
    """What an exclusion order on a party lacks, and what it would do to fleet, households and cost.

    It binds only with a ground and facts, parts, a purpose, lesser means rejected, a term, and both
    signatures; nationality is no ground. With --order it ends with 1 while that order does not bind.
    """
    from meterkast.assurance.tender import Order, phase_out
    from meterkast.console.cli.paperwork import read_order

    on, facts = start or today(), opened(dossier)
    named = _party(facts, party)
    made = Order(party=named.id, law=law.value) if order is None else read_order(order, facts, named.id, on)
    term = years or ceil((made.replacement_days or _YEARS * _DAYS_PER_YEAR) / _DAYS_PER_YEAR)
    touched = _effect(facts, named)
    model, what_if, misfit = _what_if(facts, named, scenario, on, transition, scope, term)
    walls = _on_walls(scope, touched, what_if)
    plan = phase_out(walls, (on + timedelta(weeks=transition)).year, term) if walls else ()
    answer.document(
        {
            "party": {"id": named.id, "name": named.name(language.value)},
            "from": on.isoformat(),
            "scope": scope.value,
            "order": order_document(made, on),
            "effect": None if touched is None else asdict(touched),
            "what_if": None if what_if is None else what_if.to_dict(),
            "scenario": None if model is None else {"id": model.id, "assumed": list(model.assumed)},
            "misfit": misfit,
            "phase_out": [asdict(each) for each in plan],
            "no_legal_advice": notice(),
        }
    )
    answer.text(f"{named.name(language.value)}, {on}, {scope}")
    tell_order(answer, made, on, language)
    _tell_effect(answer, touched, language)
    _tell_what_if(answer, model, what_if, misfit, language)
    _tell_plan(answer, scope, walls, plan, language)
    close(answer, language)
    return Exit.FAILED if order is not None and not made.valid(on) else Exit.DONE


def _party(facts: "Dossier", name: str) -> "Party":
    for each in facts.parties:
        if each.id == name:
            return each
    found = facts.resolve(name)
    if found is None:
        awarded = dict.fromkeys(award.party for contract in facts.contracts for award in contract.awards)
        raise DataError(
            "party-unknown",
            f"The dossier has no party {name!r}.",
            where="PARTY",
            hint=f"Vendors with a contract: {', '.join(awarded)}." if awarded else None,
        )
    return found


def _effect(facts: "Dossier", party: "Party") -> "Effect | None":
    """What an order touches; None where the party has no contract to lose."""
    from meterkast.assurance.tender import effect

    awarded = any(party.id in contract.shares for contract in facts.contracts)
    return effect(facts, party.id) if awarded else None


def _what_if(
    facts: "Dossier", party: "Party", name: str, on: date, transition: int, scope: Scope, years: int
) -> "tuple[Scenario | None, WhatIf | None, str | None]":
    """The scenario with the party lost, what follows from the order, or why the scenario does not fit.

    A scenario fits where one of its two vendors is the party, the units are those of the contract and the
    order falls within it. A file that cannot be read is an error all the same.
    """
    from meterkast.assurance.continuity import exclusion, loading

    loaded = loading.load(name)
    vendors = {
        found.id: vendor.id for vendor in loaded.vendors if (found := facts.resolve(vendor.name)) is not None
    }
    units = {contract.units.value for contract in facts.contracts if party.id in contract.shares}
    if party.id not in vendors or loaded.modules not in units:
        return None, None, f"The scenario {loaded.id!r} is not about this party and this contract."
    model = loaded.losing(vendors[party.id])
    order = exclusion.Order(
        day=on,
        transition_weeks=transition,
        scope=exclusion.Scope(scope.value),
        replacement_weeks=years * _WEEKS_PER_YEAR,
    )
    try:
        return model, exclusion.exclusion_what_if(model, order), None
    except DataError as error:
        return model, None, error.message


def _on_walls(scope: Scope, touched: "Effect | None", what_if: "WhatIf | None") -> int | None:
    """Modules in use that have to go; None where nobody told and no model computes it."""
    if scope is Scope.NEW:
        return 0
    if touched is not None and touched.units_installed is not None:
        return touched.units_installed
    return None if what_if is None else what_if.replaced


def _tell_effect(answer: Answer, touched: "Effect | None", language: Language) -> None:
    answer.text("")
    if touched is None:
        none = told(
            language, "Geen contract gunt iets aan deze partij.", "No contract awards this party anything."
        )
        answer.text(none)
        return
    installed = touched.units_installed
    rows = (
        (("aandeel in het contract", "share of the contract"), f"{touched.share:.0%}"),
        (
            ("eenheden, over de hele looptijd", "units over the whole term"),
            _n(touched.units_to_come, language),
        ),
        (
            ("hangen al", "on walls already"),
            told(language, "onbekend", "unknown") if installed is None else _n(installed, language),
        ),
        (("huishoudens", "households"), _n(touched.households, language)),
        (("modules, zonder werk", "modules, work not counted"), f"EUR {_n(touched.hardware_eur, language)}"),
        (
            ("weken in het tempo van het contract", "weeks at the contract's pace"),
            _n(touched.weeks, language),
        ),
        (("blijft over", "stays"), ", ".join(touched.left) or told(language, "niemand", "nobody")),
    )
    for words, value in rows:
        answer.text(f"  {told(language, *words):<38} {value}")


def _tell_what_if(
    answer: Answer,
    model: "Scenario | None",
    what_if: "WhatIf | None",
    misfit: str | None,
    language: Language,
) -> None:
    answer.text("")
    if what_if is None or model is None:
        paragraph(answer, told(language, "Geen wat-als: ", "No what-if: ") + (misfit or ""))
        return
    paragraph(answer, told(language, "wat-als met scenario ", "what-if with scenario ") + model.id)
    paragraph(answer, getattr(what_if.explanation, language.value), 2)
    cost = f"EUR {_n(what_if.replacement_cost, language)} + {_n(what_if.delay_cost, language)}"
    paragraph(answer, told(language, "vervanging + vertraging: ", "replacement + delay: ") + cost, 2)
    for name, modules in what_if.replaced_by_operator.items():
        if modules:
            answer.text(f"    {name:<16} {_n(modules, language):>12}")
    if model.assumed:
        count = len(model.assumed)
        nl = f"{count} invoeren zijn aangenomen en nergens gesteld; --json noemt ze."
        en = f"{count} inputs are assumed and stated nowhere; --json names them."
        paragraph(answer, told(language, nl, en), 2)


def _tell_plan(
    answer: Answer, scope: Scope, walls: int | None, plan: "tuple[Year, ...]", language: Language
) -> None:
    answer.text("")
    if walls is None:
        nl = "Hoeveel modules er hangen is niet bekend, dus is er geen plan voor vervanging."
        answer.text(
            told(language, nl, "How many modules hang is not known, so there is no plan for replacement.")
        )
    elif not plan:
        nl = "Wat hangt, blijft hangen." if scope is Scope.NEW else "Er hangt nog niets."
        en = "What hangs stays." if scope is Scope.NEW else "Nothing hangs yet."
        answer.text(told(language, nl, en))
    for each in plan:
        left = told(language, "over", "left")
        answer.text(f"  {each.year}  {_n(each.replaced, language):>12}  {left} {_n(each.left, language):>12}")


def _n(value: float, language: Language) -> str:
    return number(value, 0, language)
