"""``meterkast access``: the policy, and the log that a household may see."""

import json
from pathlib import Path

import pytest
from sqlalchemy import insert

from meterkast.console.cli.app import app
from meterkast.console.store import writable
from meterkast.mdm.access import Query
from meterkast.mdm.guarded import GuardedReadings
from meterkast.mdm.policy import Asker, Policy, Purpose, Role
from meterkast.model.errors import TrustError
from meterkast.outside.clock import ScaledClock
from meterkast.outside.database import schema
from meterkast.outside.database.engine import writing

EAN = "871687000000000016"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as caught:
        app([*arguments])
    return int(caught.value.code or 0), capsys.readouterr().out


def ask(site: Path) -> None:
    with writable(site) as database:
        with writing(database) as connection:
            connection.execute(insert(schema.operator).values(code="stadsnet", name="Stadsnet"))
            connection.execute(
                insert(schema.connection).values(ean=EAN, operator="stadsnet", phases=1, ampere=35)
            )
        guarded = GuardedReadings(database, Policy.packaged(), ScaledClock(1_772_438_400, speed=0))
        guarded.blocks(Asker(role=Role.OPERATOR, party="stadsnet"), Purpose.SETTLEMENT, Query(ean=EAN))
        with pytest.raises(TrustError):
            guarded.blocks(Asker(role=Role.VENDOR, party="KFM"), Purpose.MAINTENANCE, Query(ean=EAN))


def test_the_policy(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, "access", "policy", "--json")
    document = json.loads(out)
    assert (code, document["version"]) == (0, Policy.packaged().version)
    assert {rule["role"] for rule in document["rules"]} == {"operator", "consumer"}
    assert "consumer" in run(capsys, "access", "policy")[1]


def test_the_log_of_a_household(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ask(tmp_path)
    code, out = run(capsys, "access", "log", "--ean", EAN, "--site", str(tmp_path), "--json")
    seen = [(each["role"], each["purpose"], each["allowed"]) for each in json.loads(out)["decisions"]]
    assert (code, seen) == (0, [("operator", "settlement", True), ("vendor", "maintenance", False)])
    code, out = run(capsys, "access", "log", "--ean", EAN, "--site", str(tmp_path))
    assert (code, out.count("\n")) == (0, 2)
    assert "denied" in out
