"""The guard: denied unless a rule allows it, decided per tenant and purpose, and every decision logged."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, update
from sqlalchemy.exc import IntegrityError

from mdm.one_home import DAY, EAN, GAS_METER, MODULE, OPERATOR, day_block, gas_block
from meterkast.mdm.access import Query
from meterkast.mdm.guarded import GuardedReadings
from meterkast.mdm.policy import Asker, Policy, Purpose, Role
from meterkast.mdm.store import put
from meterkast.model.errors import DataError, TrustError
from meterkast.outside.clock import ScaledClock
from meterkast.outside.database import schema
from meterkast.outside.database.engine import writing

NOW = 1_800_000_000
OWN_OPERATOR = Asker(role=Role.OPERATOR, party=OPERATOR)
CONSUMER = Asker(role=Role.CONSUMER, party=EAN)
STRANGE_EAN = "871685900000000999"


@pytest.fixture
def guarded(database: Engine) -> GuardedReadings:
    with writing(database) as connection:
        put(
            connection,
            [(day_block(), "test"), (gas_block(), "test"), (day_block(DAY + timedelta(days=1)), "test")],
            known_at=1000,
        )
        connection.execute(insert(schema.operator).values(code="enexis", name="Enexis"))
    return GuardedReadings(database, Policy.packaged(), ScaledClock(NOW, speed=0))


@pytest.mark.parametrize("query", [Query(), Query(ean=EAN), Query(device=MODULE), Query(device=GAS_METER)])
@pytest.mark.parametrize(
    ("asker", "purpose"), [(OWN_OPERATOR, Purpose.SETTLEMENT), (CONSUMER, Purpose.OWN_INSIGHT)]
)
def test_who_is_tied_to_the_connection_reads_for_the_purpose(
    guarded: GuardedReadings, asker: Asker, purpose: Purpose, query: Query
) -> None:
    assert guarded.blocks(asker, purpose, query)
    assert list(guarded.rows(asker, purpose, query))


@pytest.mark.parametrize("query", [Query(ean=EAN), Query(device=MODULE), Query(ean=EAN, device=GAS_METER)])
@pytest.mark.parametrize(
    ("asker", "purpose"),
    [
        (Asker(role=Role.OPERATOR, party="enexis"), Purpose.SETTLEMENT),
        (Asker(role=Role.CONSUMER, party=STRANGE_EAN), Purpose.OWN_INSIGHT),
        (Asker(role=Role.VENDOR, party="KFM"), Purpose.MAINTENANCE),
        (Asker(role=Role.VENDOR, party=OPERATOR), Purpose.SETTLEMENT),
        (OWN_OPERATOR, Purpose.MARKETING),
        (CONSUMER, Purpose.SETTLEMENT),
        (Asker(role=Role.SUPPLIER, party="Volt"), Purpose.SETTLEMENT),
    ],
)
def test_everybody_else_is_denied_and_it_is_logged(
    guarded: GuardedReadings, asker: Asker, purpose: Purpose, query: Query
) -> None:
    with pytest.raises(TrustError) as caught:
        guarded.blocks(asker, purpose, query)
    assert (caught.value.code, caught.value.where) == ("access-denied", None)
    (decision,) = guarded.log.about(EAN)
    assert (decision.asker, decision.purpose, decision.allowed, decision.rule) == (asker, purpose, False, "")


def test_an_open_question_of_another_tenant_gives_nothing(guarded: GuardedReadings) -> None:
    other = Asker(role=Role.OPERATOR, party="enexis")
    assert guarded.blocks(other, Purpose.SETTLEMENT, Query()) == []
    assert guarded.log.about(EAN) == []


def test_what_is_not_there_is_denied_like_what_is_not_yours(guarded: GuardedReadings) -> None:
    for query in (Query(ean=STRANGE_EAN), Query(device="KFM0000000000000"), Query(ean="x" * 300)):
        with pytest.raises(TrustError, match="not given to you"):
            guarded.blocks(OWN_OPERATOR, Purpose.SETTLEMENT, query)


def test_the_consumer_sees_who_asked(guarded: GuardedReadings) -> None:
    guarded.blocks(OWN_OPERATOR, Purpose.SETTLEMENT, Query(first_day=DAY, last_day=DAY))
    guarded.blocks(CONSUMER, Purpose.OWN_INSIGHT, Query(ean=EAN))
    seen = guarded.log.about(EAN)
    assert [(each.asker, each.ean, each.rule, each.at) for each in seen] == [
        (OWN_OPERATOR, None, "operator-own-grid", NOW),
        (CONSUMER, EAN, "consumer-own-home", NOW),
    ]
    assert (seen[0].first_day, seen[0].last_day, seen[0].policy) == (DAY, DAY, guarded.policy.version)
    assert guarded.log.about(STRANGE_EAN) == []


def test_without_a_policy_nobody_reads(database: Engine) -> None:
    bare = GuardedReadings(database, Policy(version="none"), ScaledClock(NOW, speed=0))
    for role in Role:
        for purpose in Purpose:
            with pytest.raises(TrustError):
                bare.blocks(Asker(role=role, party=OPERATOR), purpose, Query())


@pytest.mark.parametrize("change", [update(schema.decision).values(allowed=1), delete(schema.decision)])
def test_the_log_cannot_be_rewritten(guarded: GuardedReadings, database: Engine, change: object) -> None:
    guarded.blocks(CONSUMER, Purpose.OWN_INSIGHT, Query(ean=EAN))
    with pytest.raises(IntegrityError), writing(database) as connection:
        connection.execute(change)  # type: ignore[call-overload]


GOOD = 'version = "1"\n[[rule]]\nid = "a"\nrole = "vendor"\npurposes = ["maintenance"]\ntie = "operator"\n'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version = ",
        GOOD.replace("vendor", "emperor"),
        GOOD.replace('["maintenance"]', '"maintenance"'),
        GOOD.replace("tie", "knot"),
        GOOD + "unless = 1\n",
        "allow_all = true\n" + GOOD,
        GOOD + GOOD.split("\n", 1)[1],
    ],
)
def test_a_mistake_in_the_policy_allows_nothing(text: str) -> None:
    assert Policy.parse(GOOD).rules
    with pytest.raises(DataError) as caught:
        Policy.parse(text)
    assert caught.value.code == "policy-malformed"


@given(st.text(max_size=200))
def test_any_text_is_a_policy_or_refused(text: str) -> None:
    with suppress(DataError):
        assert Policy.parse(text).version
