"""The case: goal, claims, arguments, evidence and defeaters, with statuses computed from below.

The face of this room::

    await prove(street, only=(), on_progress=…, site=None)   probes at work, what they saw signed and kept
    await prove_first(street)                                the three claims of a demonstration
    await run(site, only=(), on_progress=…)                  the same on a street of its own
    refresh(site)                                            rules, models and gaps signed anew, no street
    status(site) -> list[ClaimState]                         the claims that probes prove
    Standing.at(site, dossier=None, known_at=None)           the whole case: ``.judged``, ``.state(claim)``

and in its modules: ``mission`` (167 rows and their states), ``pack`` (one file, verified offline), ``sealed``
(audits behind a signed verdict), ``diagram`` (SVG), ``exports`` (LTAC, CycloneDX, OSCAL).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from meterkast.assurance.case.evaluation import refresh
from meterkast.assurance.case.standing import Standing, status
from meterkast.assurance.case.status import Status

if TYPE_CHECKING:
    from meterkast.assurance.case.proving import prove, prove_first, run

__all__ = ["Standing", "Status", "prove", "prove_first", "refresh", "run", "status"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is asked for
    """Proving brings the whole street with it; who only reads a case does not wait for that."""
    if name not in {"prove", "prove_first", "run"}:
        raise AttributeError(name)
    return getattr(import_module("meterkast.assurance.case.proving"), name)
