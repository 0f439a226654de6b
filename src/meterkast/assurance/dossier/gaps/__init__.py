"""Where the texts contradict themselves, say less than they seem to, or stay silent: found, not listed.

Every check is a question put to the structured facts of any dossier; its place in ``CHECKS`` is the number of
what it finds.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.gaps import answers, law, vendors, wording
from meterkast.assurance.dossier.gaps.gap import Gap, Kind

__all__ = ["CHECKS", "Gap", "Kind", "find"]

CHECKS: tuple[Callable[[Dossier], Iterator[Gap]], ...] = (
    vendors.owners_disputed,
    vendors.numbers_apart,
    wording.citations_in_two_syntaxes,
    wording.procedure_names,
    vendors.seat_is_not_origin,
    vendors.single_sources,
    vendors.capacity_without_time,
    answers.evidence_beside_the_point,
    answers.classes_not_answered,
    vendors.channels_without_owner,
    answers.claims_on_unproven_ground,
    law.articles_in_part,
    answers.unused_room,
    answers.audits_without_fields,
    law.rules_without_subjects,
    vendors.makers_may_be_shared,
)


def find(dossier: Dossier) -> list[Gap]:
    """All gaps of a dossier, ``G1`` first.

    Raises:
        DataError: the dossier names what it does not hold; ``validate`` says where.
    """
    return [
        replace(gap, id=f"G{number}" if again == 1 else f"G{number}-{again}")
        for number, check in enumerate(CHECKS, start=1)
        for again, gap in enumerate(check(dossier), start=1)
    ]
