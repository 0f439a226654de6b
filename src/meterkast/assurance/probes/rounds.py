"""Probes at work: on a running street and the proving ground beside it, sharing the days that must pass."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from meterkast.assurance.evidence import Observation
from meterkast.assurance.probe import Finding, Probe
from meterkast.model.errors import MeterkastError
from meterkast.street.home import Home
from meterkast.street.state import StreetSettings
from meterkast.street.street import Street

_log = logging.getLogger("meterkast.assurance")

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What one probe saw, in one run, on the genuine home and on each of its mutants by name.

    ``started`` and ``finished`` are Unix seconds of real time.
    """

    probe: Probe
    started: float
    finished: float
    genuine: Observation
    mutants: dict[str, Observation]


@dataclass(frozen=True, slots=True)
class _Subject:
    """A home that a probe looks at, and the street it stands in."""

    street: Street
    home: Home


@dataclass(frozen=True, slots=True)
class _Target:
    """A probe, its genuine home, and its mutants."""

    probe: Probe
    genuine: _Subject
    mutants: tuple[_Subject, ...]


async def observe(
    street: Street, probes: Sequence[Probe], *, on_progress: Progress = _log.info
) -> list[Sighting]:
    """Has every probe look, and gives what each saw in the order of the probes.

    Probes that look over days share them: those that want the same number of days go together, each at a
    home of its own, as many as the street has homes.

    Args:
        street: built, with at least one day lived.
        probes: the probes; none twice.
        on_progress: told in one sentence what is looked at.
    """
    ground = _proving_ground(street, probes)
    try:
        on_progress("building the proving ground with its mutants")
        await ground.build()
        await ground.live_day()
        targets = _targets(street, ground, probes)
        sightings: dict[str, Sighting] = {}
        for target in targets:
            if target.probe.look is not None:
                on_progress(f"probing {target.probe.name}")
                sightings[target.probe.name] = await _look(target)
        for some in _batches(targets, len(street.homes)):
            on_progress(f"living days for {', '.join(target.probe.name for target in some)}")
            for sighting in await _live(street, ground, some):
                sightings[sighting.probe.name] = sighting
    finally:
        await ground.close()
    return [sightings[probe.name] for probe in probes]


def _proving_ground(street: Street, probes: Sequence[Probe]) -> Street:
    """A chain of its own, with one home for each mutant and real processes behind them."""
    parts = [mutant() for probe in probes for mutant in probe.mutants]
    settings = street.settings
    return Street(
        StreetSettings(
            homes=len(parts),
            days=1,
            seed=settings.seed,
            start=settings.start,
            site=settings.site / "proving-ground",
            confine=settings.confine,
        ),
        parts=parts.__getitem__,
    )


def _targets(street: Street, ground: Street, probes: Sequence[Probe]) -> list[_Target]:
    mutants = iter(ground.homes)
    places = {True: 0, False: 0}
    targets = []
    for probe in probes:
        patient = probe.setting is not None
        home = street.homes[places[patient] % len(street.homes)]
        places[patient] += 1
        changed = tuple(_Subject(ground, next(mutants)) for _ in probe.mutants)
        targets.append(_Target(probe, _Subject(street, home), changed))
    return targets


def _batches(targets: Sequence[_Target], size: int) -> Iterator[Sequence[_Target]]:
    """The targets that live days, short ones first, in batches that find room in the street."""
    for days in sorted({target.probe.days for target in targets if target.probe.setting is not None}):
        alike = [target for target in targets if target.probe.setting and target.probe.days == days]
        for start in range(0, len(alike), size):
            yield alike[start : start + size]


async def _look(target: _Target) -> Sighting:
    look = target.probe.look
    assert look is not None
    started = time.time()
    subjects = (target.genuine, *target.mutants)
    seen = await asyncio.gather(*(_safely(partial(look, each.street, each.home)) for each in subjects))
    return _sighting(target, started, seen)


async def _live(street: Street, ground: Street, targets: Sequence[_Target]) -> list[Sighting]:
    """Sets all homes up, lets the days pass, and looks."""
    started = time.time()
    async with AsyncExitStack() as stack:
        findings: list[list[Finding]] = []
        for target in targets:
            setting = target.probe.setting
            assert setting is not None
            findings.append(
                [
                    await stack.enter_async_context(setting(subject.street, subject.home))
                    for subject in (target.genuine, *target.mutants)
                ]
            )
        for _ in range(targets[0].probe.days):
            await asyncio.gather(street.live_day(), ground.live_day())
        await asyncio.gather(street.stored(), ground.stored())
        seen = await asyncio.gather(*(asyncio.gather(*map(_safely, each)) for each in findings))
    return [_sighting(target, started, each) for target, each in zip(targets, seen, strict=True)]


async def _safely(look: Finding) -> Observation:
    """What was seen; an error on the way is no observation, and proves nothing either way."""
    try:
        return await look()
    except MeterkastError as error:
        _log.warning("probe-failed %s: %s", error.code, error)
        return Observation(holds=False, observed=0, detail=f"the probe could not look: {error.code}")


def _sighting(target: _Target, started: float, seen: Sequence[Observation]) -> Sighting:
    genuine, *mutants = seen
    names = [mutant.name for mutant in target.probe.mutants]
    return Sighting(
        probe=target.probe,
        started=started,
        finished=time.time(),
        genuine=genuine,
        mutants=dict(zip(names, mutants, strict=True)),
    )
