"""The duties of the hour: lists come out whatever else goes wrong (AT-48)."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from meterkast.model.errors import UnreachableError
from meterkast.pki.duties import Duty, fulfil
from meterkast.pki.service import PkiService, PkiSettings
from pki.world import World


def test_one_that_fails_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def lost(_now: datetime) -> None:
        raise UnreachableError("keystore-token-gone", "The token does not answer.")

    def locked(_now: datetime) -> None:
        raise sqlite3.OperationalError("database is locked")

    duties = [
        Duty("first", lambda _now: done.append("first")),
        Duty("lost", lost),
        Duty("locked", locked),
        Duty("last", lambda _now: done.append("last")),
    ]
    assert fulfil(duties, datetime.now(UTC)) == ["lost", "locked"]
    assert done == ["first", "last"]
    assert "duty=lost code=keystore-token-gone" in caplog.text
    assert "duty=locked code=internal-fault" in caplog.text


class Broken:
    """Something of the service's whose every use is a fault of our own."""

    def fail(self, *_: object) -> None:
        raise OSError("no space left on device")

    renew = keep_up = publish = fail


@pytest.mark.parametrize("broken", ["_ocsp", "_own", "_log"])
def test_lists_are_fresh_while_something_else_is_broken(
    world: World, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = PkiService(PkiSettings(folder=world.folder / "pki", trust=world.trust.path))
    monkeypatch.setattr(service, broken, Broken())
    later = world.now + timedelta(days=5)
    assert fulfil(service._duties(), later)
    ages = [later - each.last_update_utc for each in world.trust.crls() if "root" not in str(each.issuer)]
    assert len(ages) == 7
    assert max(ages) < timedelta(hours=1)
