"""The household's and the gas meter's wires beside three peers: values first, speed second, in one run.

Every wired frame of the captures, and telegrams of our own making, are read by us and by pymbusparser,
pyMeterBus and dsmr-parser. Where they disagree, ``docs/standards/mbus.md`` says who is right; what it does
not settle counts against us. Peers run in an environment of their own (``bench.peers``, set ``wires``).
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from bench import peers
from bench.figure import Figure
from bench.telegrams import nothing_twice, quarter_of_an_hour
from meterkast.model.errors import MeterkastError
from meterkast.protocols.explain.mbus import explain_mbus
from meterkast.protocols.mbus import frame, records, telegram
from meterkast.protocols.mbus.coding import Coding, encode_bcd, encode_integer, encode_text
from meterkast.protocols.mbus.frame import LongFrame
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.records import Record
from meterkast.protocols.mbus.telegram import Header, VariableData
from meterkast.protocols.mbus.timepoint import TimePoint
from meterkast.protocols.p1 import telegram as p1
from meterkast.protocols.p1.dsmr5 import FORMATS, GasChannel, emit_dsmr5
from meterkast.protocols.p1.readings import telegram_readings

_CAPTURES = Path(__file__).resolve().parents[2] / "shared" / "captures"
_AT = 1_767_225_600
_SECONDS = 2.0
_TRIES = 10
_TOLERANCE = Decimal("0.000001")
_TO_SECONDS = {"min": 60, "h": 3600, "d": 86400}
_TIMED = ("lm-kamstrup_multical_601", "lm-lgb_g350", "own")
"""A heat meter's long frame, a gas meter's short one, and our own."""
_PEERS = ("pymbusparser", "pyMeterBus")

SETTLED: dict[str, frozenset[str]] = {
    "pymbusparser": frozenset({"lm-edc", "lm-sen_pollustat"}),
    "pyMeterBus": frozenset(),
}
"""Frames whose numbers a peer reads differently, each judged in ``docs/standards/mbus.md``."""


def measure() -> list[Figure]:
    """Agreement, ratios, and how soon a cold ``explain`` answers."""
    frames = _captured() | {"own": _own_frame()}
    own_telegram = _own_telegram()
    stream = quarter_of_an_hour()
    timed = [name for name in _TIMED if name in frames]
    task: dict[str, Any] = {
        "frames": {name: octets.hex() for name, octets in frames.items()},
        "telegram": own_telegram.decode(),
        "timed": timed,
        "stream": [octets.decode() for octets in stream],
        "seconds": _SECONDS,
    }
    theirs = peers.run("peer_wires.py", task, "wires")
    own = _rates(
        {name: _decoding(frames[name]) for name in timed}
        | {"p1": _reading(stream), "p1-unseen": _reading(nothing_twice())}
    )
    rates = theirs.get("rates", {})
    return [
        *([_agreement(peer, frames, theirs["values"][peer]) for peer in _PEERS] if theirs else []),
        *([_p1_agreement(own_telegram, theirs["emitted"])] if theirs else []),
        _ratio("wires.p1", own["p1"] * len(stream), "dsmr-parser", rates, 8),
        _ratio("wires.p1-unseen", own["p1-unseen"] * len(stream), "dsmr-parser", rates, None),
        *(_ratio(f"wires.mbus-{name.removeprefix('lm-')}", own[name], name, rates, 0.5) for name in timed),
        _cold_start(_own_frame()),
    ]


def disagreements(ours: list[Any], theirs: list[list[Any]]) -> list[int]:
    """The places of the records whose numbers differ; texts and times do not count."""
    pairs = [(record["value"], *their) for record, their in zip(ours, theirs, strict=False)]
    return [place for place, (mine, value, unit) in enumerate(pairs) if _differ(mine, value, unit)]


def _differ(mine: object, value: object, unit: object) -> bool:
    own, other = _number(mine), _number(value)
    if own is None or other is None:
        return False
    other *= _TO_SECONDS.get(str(unit), 1)
    return abs(own - other) > max(abs(other) * _TOLERANCE, _TOLERANCE)


def _number(text: object) -> Decimal | None:
    try:
        return None if text is None else Decimal(str(text))
    except InvalidOperation:
        return None


def _agreement(peer: str, frames: dict[str, bytes], theirs: dict[str, Any]) -> Figure:
    """How many numbers differ that no judgement settles."""
    compared = unread = settled = open_ = 0
    for name, octets in frames.items():
        ours, their = _shown(octets), theirs[name]
        if isinstance(their, str) or not their:
            unread += bool(ours)
            continue
        compared += min(len(ours), len(their))
        differ = len(disagreements(ours, their))
        settled += differ if name in SETTLED[peer] else 0
        open_ += 0 if name in SETTLED[peer] else differ
    against = (
        f"{compared} records beside {peer}; {settled} judged, {unread} frames it does not read and we do"
    )
    return Figure(name=f"wires.disagree-{peer}", value=open_, unit="records", goal=0, against=against)


def _shown(octets: bytes) -> list[dict[str, Any]]:
    try:
        return explain_mbus(octets, None).records
    except MeterkastError:
        return []


def _p1_agreement(emitted: bytes, theirs: dict[str, Any]) -> Figure:
    """How many numbers of our telegram dsmr-parser does not read as we meant them."""
    ours = Counter(
        _plain(text.partition("*"))
        for found in p1.parse(emitted).objects
        for text in found.values
        if "*" in text
    )
    read = Counter(_plain((f"{value}", "*", f"{unit}")) for value, unit in _measured(theirs) if unit)
    missed = (ours - read).total() + (read - ours).total()
    against = f"{ours.total()} numbers with units of our DSMR 5 telegram, CRC checked by dsmr-parser"
    return Figure(name="wires.disagree-dsmr-parser", value=missed, unit="values", goal=0, against=against)


def _plain(parts: tuple[str, str, str]) -> tuple[Decimal, str]:
    return Decimal(parts[0]).normalize(), parts[2]


def _measured(tree: object) -> Iterator[tuple[object, object]]:
    """Every value with its unit, wherever it stands."""
    if isinstance(tree, list):
        for item in tree:
            yield from _measured(item)
    elif isinstance(tree, dict) and "unit" in tree:
        yield tree["value"], tree["unit"]
    elif isinstance(tree, dict):
        yield from _measured(list(tree.values()))


def _ratio(name: str, ours: float, against: str, rates: dict[str, float], goal: float | None) -> Figure:
    beside = rates.get(against)
    if beside is None:
        text = f"{ours:,.0f}/s; no peers here: set {peers.VARIABLE}_WIRES to an environment that has them"
        return Figure(name=name, value=ours, unit="1/s", goal=None, against=text, more_is_better=True)
    peer = "dsmr-parser" if against == "dsmr-parser" else "pymbusparser"
    text = f"{ours:,.0f}/s beside {peer} {beside:,.0f}/s"
    return Figure(name=name, value=ours / beside, unit="×", goal=goal, against=text, more_is_better=True)


def _cold_start(octets: bytes) -> Figure:
    """The best of ten, as a busy machine only ever adds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.hex"
        path.write_text(octets.hex())
        command = [str(Path(sys.executable).with_name("meterkast")), "explain", str(path)]
        spent = []
        busy = resource.getrusage(resource.RUSAGE_CHILDREN)
        for _ in range(_TRIES):
            began = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            spent.append(time.perf_counter() - began)
        done = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = (done.ru_utime - busy.ru_utime + done.ru_stime - busy.ru_stime) / _TRIES
    against = f"best of {_TRIES}, worst {max(spent):.2f} s; {processor:.2f} s of processor each"
    return Figure(name="wires.explain-cold", value=min(spent), unit="s", goal=0.4, against=against)


def _captured() -> dict[str, bytes]:
    folder = _CAPTURES / "mbus-wired"
    return {path.stem: bytes.fromhex(path.read_text()) for path in sorted(folder.glob("*.hex"))}


def _own_frame() -> bytes:
    """A frame of our own making with every way to write a number, and text and time."""
    identity = Identity(manufacturer="MKM", identification="12345678", version=1, device_type=3)
    integers = (Coding.INT8, Coding.INT16, Coding.INT24, Coding.INT32, Coding.INT48, Coding.INT64)
    decimals = (Coding.BCD2, Coding.BCD4, Coding.BCD6, Coding.BCD8, Coding.BCD12)
    told = [
        *(Record(coding=coding, vib=b"\x13", data=encode_integer(101, coding)) for coding in integers),
        *(Record(coding=coding, vib=b"\x14", storage=1, data=encode_bcd(42, coding)) for coding in decimals),
        Record(coding=Coding.VARIABLE, vib=b"\x78", data=encode_text("MKM12345678")),
        Record(coding=Coding.INT48, vib=b"\x6d", storage=1, data=TimePoint.from_unix(_AT).encode()),
        Record(coding=Coding.INT32, vib=b"\x06", tariff=3, subunit=2, data=encode_integer(-7, Coding.INT32)),
    ]
    payload = Header(identity=identity, access=1, status=0).encode() + records.encode(told)
    return LongFrame(control=frame.RSP_UD, address=1, ci=telegram.LONG_HEADER, payload=payload).encode()


def _own_telegram() -> bytes:
    """Every number of DSMR 5, each with a value of its own."""
    return emit_dsmr5(
        ident="/MKM5METERKAST",
        at=_AT,
        equipment="MKM0000000000001",
        values={code: 11 + place for place, code in enumerate(FORMATS)},
        gas=[GasChannel(channel=1, equipment="MKM12345678", at=_AT, index=391)],
        message="Meterkast",
    )


def _reading(stream: list[bytes]) -> Callable[[], object]:
    """Telegrams to typed readings, the CRC of each checked."""

    def read() -> None:
        for octets in stream:
            telegram = p1.parse(octets)
            assert telegram.crc is p1.CrcVerdict.OK
            telegram_readings(telegram)

    return read


def _decoding(octets: bytes) -> Callable[[], object]:
    """A frame to typed values with their units."""

    def decode() -> object:
        received = frame.parse(octets)
        assert isinstance(received, LongFrame)
        told = telegram.parse(received.ci, received.payload)
        assert isinstance(told, VariableData)
        return [(record.meaning.unit, record.value) for record in told.records if isinstance(record, Record)]

    return decode


def _rates(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Best of ten each, in calls per second of processor time, which a busy machine spoils least."""
    best = dict.fromkeys(works, 0.0)
    for _ in range(_TRIES):
        for name, work in works.items():
            calls, began = 0, time.process_time()
            while (spent := time.process_time() - began) < _SECONDS / _TRIES:
                work()
                calls += 1
            best[name] = max(best[name], calls / spent)
    return best
