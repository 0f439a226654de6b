"""The life of a fleet, week by week: the operator's diary, the gateways' rounds, and what goes wrong."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from time import perf_counter

from meterkast.gateway.enrol import PURPOSES
from meterkast.model.errors import MeterkastError, TrustError
from meterkast.protocols.x509 import RULES, Rules
from meterkast.protocols.x509.profile import RULES_TEXT
from meterkast.street.fleet.centre import Centre
from meterkast.street.fleet.fate import ClockFault, fates
from meterkast.street.fleet.gateway_life import GatewayLife
from meterkast.street.fleet.intruder import Intruder
from meterkast.street.fleet.ledger import Ledger
from meterkast.street.fleet.line import Network, VirtualLine
from meterkast.street.fleet.member import Member
from meterkast.street.fleet.operator import Operator
from meterkast.street.fleet.plan import ROUND_WEEKS, START, SWITCHED_RULES, WEEKS, FleetSettings, moment
from meterkast.street.fleet.power import PowerCutError
from meterkast.street.fleet.result import FleetResult, settle

_SWITCHED = Rules.parse(RULES_TEXT, SWITCHED_RULES)
_SMALL = frozenset((ClockFault.MINUTE_AHEAD, ClockFault.MINUTE_BEHIND))
"""Clock faults that nothing but a flag may come of."""
_LISTS_LIVE = timedelta(days=7)
_ORDERS_EVERY = 10
_EXTRA_WEEKS = 12

Watch = Callable[[int, int], None]
"""Told the week, and how many there are."""


class FleetLife:
    """One simulated life; ``run`` lives it."""

    def __init__(self, settings: FleetSettings) -> None:
        self._settings = settings
        self._diary = settings.diary
        self._fates = fates(settings)
        self._random = Random(settings.seed)
        self.ledger = Ledger()
        self.operator = Operator(settings.folder, self.ledger, START)
        self._network = Network(self.operator)
        self._centre = Centre(self.operator, self.ledger, RULES)
        self._intruder = Intruder(self._centre, self.ledger)
        self.members: list[Member] = []
        self._rules = RULES
        self._restores = list(self._diary.restored)

    def run(self, watch: Watch) -> FleetResult:
        """Twenty years, and some weeks more for whoever is in trouble at their end."""
        began = perf_counter()
        weeks = self._settings.weeks
        for week in range(weeks + _EXTRA_WEEKS):
            if week >= weeks and not any(member.look_again for member in self.members):
                break
            self._live(week, moment(week))
            watch(min(week + 1, weeks), weeks)
        settle(self.members, self._centre, self.ledger, self._now, is_whole=weeks == WEEKS)
        return FleetResult.of(self._settings, self.ledger, self.members, perf_counter() - began)

    def _live(self, week: int, now: datetime) -> None:
        self._now = now
        is_to_restore = bool(self._restores) and week >= self._restores[0]
        if is_to_restore:
            self.operator.backup()
        issued = len(self.operator.journal)
        everyone = week == self._settings.weeks - 1 or week - 1 in self._diary.token_lost
        self._operate(week, now)
        if everyone or any(member.is_due(week) for member in self.members) or self._are_due(week):
            self.operator.keep_up(now)
        self._install(week, now)
        self._round(week, now, everyone=everyone)
        if week in self._diary.services_down:
            self._without_services(week, now)
        if week - 1 in self._diary.token_lost:
            self.operator.find_token()
            self.operator.publish(now)
        if week in self._diary.token_lost:
            self.operator.lose_token()
            self.ledger.count("tokens-lost")
        if is_to_restore and len(self.operator.journal) > issued:
            self._restores.pop(0)
            self._restore(issued, now)
        if week % ROUND_WEEKS == 0:
            self._intrude(now)
        self._centre.decide()

    def _operate(self, week: int, now: datetime) -> None:
        generation, rest = divmod(week, self._diary.authorities)
        if week == self._diary.learning():
            self._rules = _SWITCHED
            self._centre.believe(_SWITCHED)
        if week and rest == 0:
            if generation == self._diary.switch:
                self.operator.switch_algorithms()
            self.operator.renew_authorities(
                now, roll=generation in self._diary.rolls, servers_first=self._diary.servers_first
            )
        elif week % self._diary.root_days == 0:
            self.operator.root_day(now)

    def _are_due(self, week: int) -> bool:
        """Whether somebody is installed, or something special happens."""
        installing = len(self.members) < len(self._fates) and self._fates[len(self.members)].installed <= week
        return installing or week in {*self._diary.services_down, *self._diary.token_lost}

    def _install(self, week: int, now: datetime) -> None:
        for number in range(len(self.members), len(self._fates)):
            fate = self._fates[number]
            if fate.installed > week:
                return
            life = GatewayLife(number, self._settings.folder, self.ledger, RULES, (now - START).days)
            self.operator.equip(life.title, life.keystore, now)
            life.learn(self.operator.trust)
            self.members.append(Member(life=life, fate=fate, informed_at=now))
            life.enrol(self._line(life, now, now))

    def _round(self, week: int, now: datetime, *, everyone: bool = False) -> None:
        for member in self.members:
            if member.is_due(week) or (everyone and member.gone_at is None):
                self._look(member, week, now)

    def _without_services(self, week: int, now: datetime) -> None:
        """Everybody has fresh lists, and for six days nobody gets newer ones; that may hold up nobody."""
        self._round(week, now, everyone=True)
        self._network.est_is_up = self._network.lists_are_up = False
        self._round(week, now + timedelta(days=6), everyone=True)
        self._network.est_is_up = self._network.lists_are_up = True
        self.ledger.count("services-down")

    def _look(self, member: Member, week: int, now: datetime) -> None:
        """What a gateway has done since it was looked at last, and what comes of it."""
        self.ledger.count("visits")
        member.endanger(now)
        try:
            self._visit(member, week, now)
        except PowerCutError:
            self.ledger.count("power-cuts")
            member.life.start()
            try:
                member.life.require_whole(now)
            except MeterkastError as error:
                self.ledger.breach(f"power-cut-{error.code}", str(member.life.title))
            self._visit(member, week, now)
        finally:
            member.life.mains.cut_at(None)

    def _visit(self, member: Member, week: int, now: datetime) -> None:
        life, fault = member.life, member.clock(week, now)
        own = fault.shows(now) if fault else now
        days = life.collect(now, own)
        if fault:
            self.ledger.count(f"clock {fault}")
            member.flagged |= {day.number for day in days}
        if member.is_away(week, now):
            member.look_again = True
            self.ledger.count("weeks-away")
            self._order(member, now, own)
            return
        if life.rules is not self._rules:
            life.believe(self._rules)
        if member.is_to_be_released(week):
            self._release(member, now)
        line = self._line(life, now, own)
        is_excused = fault is not None and fault not in _SMALL
        kept_up = self._keep_up(member, line, now, own, is_excused=is_excused)
        if kept_up and not self.operator.is_without_token:
            self._require_effect(member)
        delivered = self._deliver(member, line, now, is_excused=is_excused)
        is_well = kept_up and delivered and member.given_up is None
        member.look_again = fault is not None or not is_well
        if not is_excused and life.visits % _ORDERS_EVERY == 0:
            self._order(member, now, own)
        if member.fate.removed is not None and week >= member.fate.removed and delivered:
            self._remove(member, now)

    def _keep_up(
        self, member: Member, line: VirtualLine, now: datetime, own: datetime, *, is_excused: bool
    ) -> bool:
        needs = member.needs(now)
        try:
            member.life.keep_up(line, own)
        except MeterkastError as error:
            self.ledger.count(f"upkeep {error.code}")
            is_known = not self._network.est_is_up or (needs and self.operator.is_without_token)
            if not (is_excused or is_known):
                self.ledger.breach(f"upkeep-{error.code}", f"{member.life.title} {error.where} {now:%F}")
            return False
        finally:
            if self._network.lists_are_up:
                member.informed_at = now
        return True

    def _deliver(self, member: Member, line: VirtualLine, now: datetime, *, is_excused: bool) -> bool:
        try:
            doubts = member.life.deliver(line, self._centre, now)
        except MeterkastError as error:
            self.ledger.count(f"delivery {error.code}")
            if not is_excused:
                self.ledger.breach(f"delivery-{error.code}", f"{member.life.title} {error.where} {now:%F}")
            return False
        for doubt in doubts:
            if not member.may_wait(doubt):
                self.ledger.breach(f"doubted-{doubt}", f"{member.life.title} {now:%F}")
        return True

    def _order(self, member: Member, now: datetime, own: datetime) -> None:
        """A command is obeyed where its certificate can be judged, and nowhere else (RQ-07)."""
        member.orders += 1
        order = self.operator.order(member.life.title, member.orders, now)
        try:
            obeyed = member.life.obeys(order, own)
        except TrustError as error:
            self.ledger.breach(f"order-{error.code}", str(member.life.title))
            return
        self.ledger.count("orders-obeyed" if obeyed else "orders-refused")
        is_informed = now - member.informed_at < _LISTS_LIVE
        if obeyed and not is_informed:
            self.ledger.breach("order-believed-blindly", f"{member.life.title} {now:%F}")
        if is_informed and not obeyed:
            self.ledger.breach("order-refused", f"{member.life.title} {now:%F}")

    def _release(self, member: Member, now: datetime) -> None:
        """The operator trusts its keys no more; it notices by the lists, and enrols anew by its birth."""
        member.was_released, member.given_up = True, member.life.labels()
        self.operator.release(member.life.title, now)
        self.ledger.count("released")

    def _require_effect(self, member: Member) -> None:
        if member.given_up is None:
            return
        if len(member.life.labels() - member.given_up) != len(PURPOSES):
            self.ledger.breach("release-without-effect", str(member.life.title))
        member.given_up = None

    def _remove(self, member: Member, now: datetime) -> None:
        self.operator.decommission(member.life.title, now)
        member.gone_at = now
        member.look_again = False
        self.ledger.count("decommissioned")
        try:
            member.life.keep_up(self._line(member.life, now, now), now)
        except MeterkastError:
            self.ledger.count("intrusions-refused")
        else:
            self.ledger.breach("intrusion-accepted", "decommissioned, at enrolment")

    def _restore(self, issued: int, now: datetime) -> None:
        lost = self.operator.journal[issued:]
        recovered = self.operator.restore(lost, now)
        self.ledger.count("restored")
        self.ledger.count("certificates-recovered", recovered)

    def _intrude(self, now: datetime) -> None:
        at_work = [member.life for member in self.members if member.gone_at is None]
        if len(at_work) > 1:
            one, other = self._random.sample(at_work, 2)
            self._intruder.with_anothers(one, other, now)
            if one.first_ended(now):
                self._intruder.with_ended(one, now)
        gone = [member.life for member in self.members if member.gone_at is not None]
        if gone:
            self._intruder.with_revoked(self._random.choice(gone), now)

    def _line(self, life: GatewayLife, now: datetime, own: datetime) -> VirtualLine:
        return VirtualLine(self._network, life.mains, now=now, own=own, rules=life.rules)
