"""The collector at work: its errands over a real socket, its gas block, and how little it carries."""

import json
import socket
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import pytest

import meterkast
from meterkast.applications.collector import gas
from meterkast.applications.collector.broker import Broker
from meterkast.applications.collector.collector import Errand, work
from meterkast.model.block import Medium
from meterkast.model.calendar import HOUR, day_bounds, grid
from meterkast.model.errors import PeerError, UnreachableError
from meterkast.model.quality import Flag
from meterkast.protocols.block import decode_payload
from meterkast.protocols.broker import Answer, Decoder, Fields, Message, Refusal, Request, encode

DAY = date(2026, 10, 25)
"""The day with 25 hours."""


class Script:
    """A gateway that answers from a list, in a thread, and keeps what it was asked."""

    def __init__(self, *answers: Fields | str) -> None:
        self.asked: list[Request] = []
        ours, self._theirs = socket.socketpair()
        self.broker = Broker(ours)
        self._thread = threading.Thread(target=self._serve, args=(list(answers),))
        self._thread.start()

    def end(self) -> list[Request]:
        self._thread.join()
        return self.asked

    def _serve(self, answers: list[Fields | str]) -> None:
        decoder = Decoder()
        with self._theirs:
            while answers and (octets := self._theirs.recv(65536)):
                for message in decoder.receive(octets):
                    assert isinstance(message, Request)
                    self.asked.append(message)
                    self._theirs.sendall(encode(_reply(message.number, answers.pop(0))))


def _reply(number: int, answer: Fields | str) -> Message:
    if isinstance(answer, str):
        return Refusal(number=number, code=answer)
    return Answer(number=number, result=answer)


def _errand(**changed: str | int | None) -> Fields:
    fields: dict[str, str | int | None] = {
        "task": 3,
        "gateway": "MKG0000000001",
        "day": DAY.isoformat(),
        "module": None,
        "gas_meter": "MKM12345678",
    }
    return Fields(fields | changed)


def test_an_errand_from_work_to_hand_in() -> None:
    start, end = day_bounds(DAY)
    hours = [[at, 5000 + number] for number, at in enumerate(range(start, end + 1, HOUR))]
    script = Script(
        _errand(), Fields({"hours": hours}), Fields(), _errand(task=4), Fields({"hours": []}), Fields()
    )
    work(script.broker)
    asked = script.end()
    assert [request.method for request in asked] == ["work.next", "gas.telegrams", "block.hand_in"] * 2
    assert (asked[1].params.number("start"), asked[1].params.number("end")) == (start, end)
    assert asked[2].params.number("task") == 3
    (block,) = decode_payload(asked[2].params.octets("payload")).blocks
    assert (block.device, block.medium, block.day, block.flags) == ("MKM12345678", Medium.GAS, DAY, ())
    assert block.columns[0].values == tuple(range(5000, 5026))


def test_a_silent_module_is_reported_and_gas_goes_on() -> None:
    script = Script(
        _errand(module="KFM5000000000017"),
        "module-silent",
        Fields({"now": 1_793_000_000}),
        Fields({"hours": []}),
        Fields(),
    )
    work(script.broker)
    payload = decode_payload(script.end()[-1].params.octets("payload"))
    electricity, gas_block = payload.blocks
    assert electricity.flags == (Flag.MISSING, Flag.SILENT)
    assert gas_block.flags == (Flag.MISSING, Flag.SILENT)
    assert [(event.code, event.device, event.at) for event in payload.events] == [
        ("module-silent", "KFM5000000000017", 1_793_000_000)
    ]


def test_gaps_and_a_register_that_runs_back() -> None:
    times = grid(DAY, HOUR)
    block = gas.block("MKM1", DAY, [(times[0], 10), (times[1], 9), (times[1] + 300, 11)])
    assert block.columns[0].values[:3] == (10, 9, None)
    assert block.flags == (Flag.MISSING, Flag.REGISTER_DECREASED)


def test_what_is_no_errand() -> None:
    for wrong in (_errand(day="yesterday"), _errand(task=None), Fields({"gateway": 1})):
        with pytest.raises(PeerError):
            Errand.parse(wrong)


def test_refusals_and_the_end_of_the_talk() -> None:
    script = Script("grant-refused", Fields({"now": 1}))
    with pytest.raises(UnreachableError) as caught:
        script.broker.ask("clock.now")
    assert caught.value.code == "grant-refused"
    assert script.broker.ask("clock.now").number("now") == 1
    script.end()
    with pytest.raises(ConnectionError):
        script.broker.ask("clock.now")


def test_it_carries_no_cryptography_and_no_network() -> None:
    """What is not there cannot be misused: neither keys, nor arithmetic on tables, nor event loops."""
    root = Path(meterkast.__file__).parents[1]
    program = (
        f"import sys; sys.path.insert(0, {str(root)!r}); import meterkast.applications.collector.__main__; "
        "import json; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    printed = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, check=True
    ).stdout
    assert {"cryptography", "numpy", "sqlalchemy", "asyncio", "ssl", "sqlite3"}.isdisjoint(
        json.loads(printed)
    )
