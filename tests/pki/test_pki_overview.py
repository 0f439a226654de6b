"""What an operator's page shows: everything counted once, in the right place, as time goes by."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from meterkast.console.cli.app import app
from meterkast.model.errors import LocalError
from meterkast.pki.census import Ending
from meterkast.pki.log import open_log
from meterkast.pki.overview import Overview, State, overview
from meterkast.pki.root import Root
from meterkast.protocols.x509 import Purpose
from pki.world import OTHER, TITLE, World
from pki.world import found as founded


def seen(world: World, now: datetime, *, operator: str | None = None) -> Overview:
    return overview(world.folder / "pki", world.trust, now=now, operator=operator)


def endings(found: Overview) -> set[tuple[int | None, int]]:
    return {(each.within_days, each.count) for each in found.endings if each.purpose == "tls"}


def test_a_fleet_grows_old(world: World) -> None:
    world.enrolled()
    world.site.equip(OTHER, world.now)
    found = seen(world, world.now)
    assert (found.gateways, found.expected) == (2, 1)
    for days, state, within in (
        (0, "valid", None),
        (400, "valid", 365),
        (500, "due", 365),
        (560, "due", 180),
        (680, "due", 90),
        (710, "due", 30),
        (731, "expired", 0),
    ):
        found = seen(world, world.now + timedelta(days=days))
        assert {(row.purpose, row.state, row.count) for row in found.fleet} == {
            (purpose, state, 1) for purpose in (Purpose.TLS, Purpose.SIG, Purpose.ENC)
        }
        assert endings(found) == {(within, 1)}, days


def test_the_newest_counts_and_what_was_revoked_does_not_end(world: World) -> None:
    world.enrolled()
    world.enrolled(OTHER)
    authority = world.site.authority
    tls = next(each for each in authority.issued(str(TITLE)) if each.purpose is Purpose.TLS)
    authority.revoke(tls.certificate.serial_number, world.now)
    found = seen(world, world.now)
    assert {row.state: row.count for row in found.fleet if row.purpose is Purpose.TLS} == {
        "valid": 1,
        "revoked": 1,
    }
    assert Ending(purpose="tls", within_days=None, count=1) in found.endings
    assert sum(each.revoked for each in found.lists) == 1


def test_lists_and_certificates_that_nobody_renews_become_overdue(world: World) -> None:
    assert seen(world, world.now).overdue() == []
    almost = seen(world, world.now + timedelta(days=6.8))
    assert {each.name: each.state for each in almost.lists} == {
        "device-0": State.LATE,
        "device-1": State.LATE,
        "device-2": State.LATE,
        "device-3": State.LATE,
        "operator": State.LATE,
        "update": State.LATE,
        "ocsp": State.LATE,
        "root": State.VALID,
    }
    later = seen(world, world.now + timedelta(days=731))
    assert {each.state for each in later.lists} == {State.EXPIRED}
    assert "pki.meterkast.internal" in later.overdue()
    assert {each.holder: each.state for each in later.authorities}["Meterkast root"] is State.VALID


def test_what_a_root_that_was_retired_has_left_is_not_overdue(world: World) -> None:
    pki, authority = world.folder / "pki", world.site.authority
    root = Root(pki / "root", authority.rules)
    root.roll(operator=authority.operator, now=world.now)
    later = world.now + timedelta(days=360)
    root.publish(world.trust, now=later, newest=1)
    assert world.trust.crl("root") is not None
    found = seen(world, world.now + timedelta(days=500))
    assert "root" not in {each.name for each in found.lists}
    assert "root-g2" in {each.name for each in found.lists}


def test_the_log_is_late_after_a_day(world: World) -> None:
    pki = world.folder / "pki"
    log = open_log(pki, world.trust)
    for hours, state in ((1, State.VALID), (25, State.LATE)):
        now = world.now + timedelta(hours=hours)
        found = overview(pki, world.trust, now=now, log=log)
        assert found.log is not None
        assert found.log.state is state
        assert ("log" in found.overdue()) is (state is State.LATE)


def test_each_operator_sees_its_own(world: World) -> None:
    world.enrolled()
    world.site.admit("Enexis", world.now)
    found = seen(world, world.now, operator="Enexis")
    assert (found.operator, found.gateways, found.fleet) == ("Enexis", 0, [])
    assert {each.holder for each in found.own} == set()
    with pytest.raises(LocalError) as caught:
        seen(world, world.now, operator="Nobody")
    assert caught.value.code == "pki-tenant-unknown"


def typed(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["pki", "status", *(str(word) for word in words)])
    return done.exit_code, done.stdout


def test_as_it_is_typed(world: World, tmp_path: Path) -> None:
    world.enrolled()
    code, out = typed("--site", world.folder, "--json")
    document: dict[str, Any] = json.loads(out)
    assert (code, document["overdue"]) == (0, [])
    assert document["gateways"] == {"inventory": 1, "expected": 0}
    assert {each["name"] for each in document["lists"]} >= {"root", "device-0", "operator"}
    code, out = typed("--site", world.folder)
    assert code == 0
    assert out.startswith("Alliander: 1 gateways, 0 of them expected to enrol\n")
    assert out.endswith("Nothing is overdue.\n")
    assert typed("--site", tmp_path / "none")[0] == 2


def test_it_ends_with_1_where_something_is_overdue(tmp_path: Path) -> None:
    world = founded(tmp_path, days_ago=8)
    code, out = typed("--site", world.folder)
    assert (code, out.splitlines()[-1]) == (1, "Overdue: log.")  # silent for eight days
