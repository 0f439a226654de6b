"""``meterkast headend quarantine`` and ``pair``: the operator sees what waits, and decides."""

import json
from pathlib import Path
from typing import Any

import pytest

from attacks.attacked import OTHER, Chain
from console.test_console_cli import meterkast
from mdm.one_home import GATEWAY, MODULE, day_block
from meterkast.outside.database import quarantine
from meterkast.outside.database.engine import writing


def said(chain: Chain, *arguments: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = meterkast("headend", *arguments, "--site", str(chain.site.folder), "--json")
    return code, json.loads(out)


@pytest.fixture
async def waiting(chain: Chain) -> Chain:
    """A chain with the module's day from the wrong gateway, and a gateway under suspicion."""
    other = chain.other()
    assert await chain.deliver(other.envelope(1, day_block()), other)
    assert chain.intake.step() == 1
    with writing(chain.database) as connection:
        quarantine.suspect(connection, str(GATEWAY), "gateway-in-two-places", now=1_772_600_000)
    return chain


def test_what_waits_is_listed(waiting: Chain) -> None:
    code, listed = said(waiting, "quarantine", "list")
    assert code == 0
    assert listed == {
        "messages": [
            {
                "position": 1,
                "gateway": str(OTHER),
                "counter": 1,
                "code": "device-elsewhere",
                "since": "2026-03-04T05:53:20+01:00",
                "state": "waiting",
                "disputes": None,
                "decided_at": None,
                "decided_by": None,
            }
        ],
        "suspected": [
            {
                "gateway": str(GATEWAY),
                "code": "gateway-in-two-places",
                "since": "2026-03-04T05:53:20+01:00",
            }
        ],
    }
    code, out, note = meterkast("headend", "quarantine", "list", "--site", str(waiting.site.folder))
    assert (code, out.count("\n")) == (0, 2)
    assert "1 messages, 1 gateways under suspicion" in note


def test_from_quarantine_into_the_store(waiting: Chain) -> None:
    assert said(waiting, "pair", MODULE, str(OTHER)) == (0, {"device": MODULE, "gateway": str(OTHER)})
    code, decided = said(waiting, "quarantine", "release", "1", "--by", "j.jansen")
    assert (code, decided["state"], decided["decided_by"]) == (0, "releasing", "j.jansen")
    assert waiting.intake.step() == 1
    assert len(waiting.stored()) == 1
    assert said(waiting, "quarantine", "list")[1]["messages"] == []
    (kept,) = said(waiting, "quarantine", "list", "--all")[1]["messages"]
    assert (kept["state"], kept["decided_by"]) == ("released", "j.jansen")


def test_a_dropped_message_is_decided_once(waiting: Chain) -> None:
    assert said(waiting, "quarantine", "drop", "1", "--by", "j.jansen")[1]["state"] == "dropped"
    code, refused = said(waiting, "quarantine", "release", "1", "--by", "j.jansen")
    assert (code, refused["error"]["code"]) == (2, "quarantine-not-waiting")
    assert waiting.intake.step() == 0


def test_a_suspicion_is_cleared_once(waiting: Chain) -> None:
    clear = ("quarantine", "clear", str(GATEWAY), "--by", "j.jansen")
    assert said(waiting, *clear) == (0, {"gateway": str(GATEWAY), "suspected": False})
    code, refused = said(waiting, *clear)
    assert (code, refused["error"]["code"]) == (2, "quarantine-no-suspicion")
    assert said(waiting, "quarantine", "list")[1]["suspected"] == []


@pytest.mark.parametrize(
    ("device", "gateway", "code"),
    [
        ("KFM0000000000000", str(OTHER), "registry-unknown"),
        (MODULE, "MKG0000000009", "registry-unknown"),
        (MODULE, "nobody", "system-title-malformed"),
    ],
)
def test_only_what_is_registered_is_paired(waiting: Chain, device: str, gateway: str, code: str) -> None:
    before = waiting.everything()
    ended, refused = said(waiting, "pair", device, gateway)
    assert (ended, refused["error"]["code"]) == (3, code)
    assert waiting.everything() == before


@pytest.mark.parametrize("by", [" ", "x" * 65])
def test_a_decision_has_a_name(waiting: Chain, by: str) -> None:
    arguments = ("quarantine", "drop", "1", "--by", by, "--site", str(waiting.site.folder))
    assert meterkast("headend", *arguments)[0] == 2
    assert len(waiting.waiting()) == 1


def test_where_there_is_no_store_it_says_so(tmp_path: Path) -> None:
    code, out, _ = meterkast("headend", "quarantine", "list", "--site", str(tmp_path), "--json")
    assert (code, json.loads(out)["error"]["code"]) == (2, "site-empty")
