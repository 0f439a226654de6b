"""What an operator's page shows: everything counted once, in the right place, as time goes by."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from meterkast.console.cli.app import app
from meterkast.model.errors import LocalError
from meterkast.outside.keystore import KeyKind
from meterkast.pki.census import Ending
from meterkast.pki.founding import renew_authorities
from meterkast.pki.log import open_log
from meterkast.pki.overview import Overview, State, overview
from meterkast.pki.root import Root
from meterkast.pki.site import own_key
from meterkast.protocols.x509 import Purpose
from pki.world import OPERATOR, OTHER, TITLE, World, request
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
        "maker MKG": State.VALID,
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


def due(world: World, days: float) -> set[tuple[str, str]]:
    return {
        (each.holder, each.purpose)
        for each in seen(world, world.now + timedelta(days=days)).due()
        if each.purpose != Purpose.OCSP
    }


def test_what_has_two_thirds_behind_it_is_named_until_something_follows(world: World) -> None:
    assert due(world, 480) == set()
    server = ("pki.meterkast.internal", "tls-server")
    assert due(world, 500) >= {server, (OPERATOR, "operator-enc"), (OPERATOR, "operator-order")}
    assert due(world, 500) & {("Meterkast root", "root")} == set()
    own_key(world.folder, "pki", OPERATOR).certify(world.site.authority, world.now + timedelta(days=490))
    assert server not in due(world, 500)
    (renewed,) = (
        each for each in seen(world, world.now + timedelta(days=500)).own if each.holder == server[0]
    )
    assert renewed.since - world.now > timedelta(days=489)


def test_an_authority_that_another_follows_is_due_no_more(world: World) -> None:
    old = ("Meterkast device authority", "authority")
    assert old in due(world, 1300)
    authority, later = world.site.authority, world.now + timedelta(days=1250)
    renew_authorities(authority, Root(world.folder / "pki" / "root", authority.rules), later)
    assert old not in due(world, 1300)


def test_what_is_due_is_said_and_is_no_failure(tmp_path: Path) -> None:
    world = founded(tmp_path, days_ago=500)
    code, out = typed("--site", world.folder)
    assert "It is time for a successor: " in out
    assert "headend.meterkast.internal (tls-server)" in out
    document = json.loads(typed("--site", world.folder, "--json")[1])
    assert {"holder": OPERATOR, "purpose": "operator-enc"} in document["due"]
    assert (code, document["overdue"]) == (1, ["log"])  # silent for long; what is due is no failure
    done = CliRunner().invoke(app, ["pki", "renew", "--site", str(world.folder)])
    assert done.exit_code == 0
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["pki", "tls-g2"],
        ["headend", "tls-g2"],
        ["recipient", "enc-g2"],
        ["orders", "order-g2"],
    ]
    renewed = json.loads(typed("--site", world.folder, "--json")[1])
    assert [each for each in renewed["due"] if each["purpose"] != "log"] == []


LISTS = ["device-0", "device-1", "device-2", "device-3", "operator", "update", "ocsp", "root"]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_is_gone_is_overdue(world: World, name: str) -> None:
    assert {each.name for each in seen(world, world.now).lists} == {*LISTS, "maker MKG"}
    (world.trust.path / f"{name}.crl.pem").unlink()
    found = seen(world, world.now)
    (missing,) = found.overdue()
    root = world.trust.anchors()[0].subject.rfc4514_string()
    assert missing == (f"of {root}" if name == "root" else name)
    assert {each.state for each in found.lists if each.name == missing} == {State.MISSING}


def test_a_maker_without_a_list_is_overdue(world: World) -> None:
    (path,) = world.manufacturers.crl_files()
    path.unlink()
    assert seen(world, world.now).overdue() == ["maker MKG"]


def test_the_lists_of_another_operator_are_wanted_too(world: World) -> None:
    """And those of each generation of an authority."""
    other = world.site.admit("Enexis", world.now)
    for path in other.trust.crl_files():
        path.unlink()
    found = seen(world, world.now, operator="Enexis")
    assert {*LISTS[:-1]} <= set(found.overdue())
    renew_authorities(world.site.authority, Root(world.folder / "pki" / "root"), world.now)
    world.site.authority.publish(world.now)
    (world.trust.path / "device-g2-3.crl.pem").unlink(missing_ok=True)
    assert "device-g2-3" in seen(world, world.now).overdue()


def test_an_authority_is_overdue_before_enrolment_fails(world: World) -> None:
    """A leaf lives two years and ends within its issuer, who lives five: it issues for three years."""
    keystore = world.site.equip(TITLE, world.now)
    keystore.generate("sig", KeyKind.EC_P256)
    asked = request(keystore, "sig")
    holder = "Meterkast device authority"

    def overdue(days: float) -> bool:
        return holder in seen(world, world.now + timedelta(days=days)).overdue()

    assert (overdue(1064), overdue(1066)) == (False, True)
    world.site.authority.issue(asked, Purpose.SIG, TITLE, world.now + timedelta(days=1066))
    other = world.site.equip(OTHER, world.now)
    other.generate("sig", KeyKind.EC_P256)
    asked, late = request(other, "sig"), world.now + timedelta(days=1096)
    with pytest.raises(LocalError):
        world.site.authority.issue(asked, Purpose.SIG, OTHER, late)
    authority, later = world.site.authority, world.now + timedelta(days=1070)
    renew_authorities(authority, Root(world.folder / "pki" / "root", authority.rules), later)
    assert not overdue(1096)
    assert not overdue(1830)  # the old one has ended, and another follows it


def test_a_root_is_overdue_before_it_can_certify_no_authority(world: World) -> None:
    def states(days: float) -> list[State]:
        found = seen(world, world.now + timedelta(days=days))
        return [each.state for each in found.authorities if each.purpose == "root"]

    assert [states(days) for days in (4800, 4900, 7300 - 1825 - 29, 7301)] == [
        [State.VALID],
        [State.DUE],
        [State.LATE],
        [State.EXPIRED],
    ]


def test_it_ends_with_1_where_a_list_is_gone(world: World) -> None:
    assert typed("--site", world.folder)[0] == 0
    for path in world.trust.crl_files():
        path.unlink()
    code, out = typed("--site", world.folder)
    assert (code, "  list device-0     missing" in out.splitlines()) == (1, True)
    document: dict[str, Any] = json.loads(typed("--site", world.folder, "--json")[1])
    assert "operator" in document["overdue"]
    (told,) = (each for each in document["lists"] if each["name"] == "operator")
    assert (told["state"], told["since"], told["age_seconds"]) == ("missing", None, None)
