"""Runs in the peers' environment only: what pymbusparser, pyMeterBus and dsmr-parser read, and how fast.

Reads ``{"frames": {NAME: HEX}, "telegram": TEXT, "timed": [NAME], "stream": [TEXT], "seconds": S}``
and prints what each peer makes of each frame, and rates per second. Untyped, as the environment in which
types are checked has none of these libraries.
"""

# ruff: noqa: ANN001, ANN201
# mypy: ignore-errors

import json
import sys
import time

import meterbus
import pymbusparser
from dsmr_parser import telegram_specifications
from dsmr_parser.parsers import TelegramParser


def rate(work, seconds):
    """Best of ten, in calls per second of processor time."""
    best, each = 0.0, seconds / 10
    for _ in range(10):
        calls, began = 0, time.process_time()
        while (spent := time.process_time() - began) < each:
            work()
            calls += 1
        best = max(best, calls / spent)
    return best


def pymbusparser_values(octets):
    """The numbers in order with their units, or why there are none."""
    read = pymbusparser.parse(octets)
    if read["decode_state"] != "complete":
        return "; ".join(entry["message"] for entry in read["diagnostics"])[:80]
    return [[(record.get("value") or {}).get("value"), record.get("unit")] for record in read["records"]]


def meterbus_values(octets):
    """The same of the second peer, whose units are those of the standard."""
    read = json.loads(meterbus.load(octets).to_JSON())
    return [[record.get("value"), None] for record in read["body"]["records"]]


def attempt(work, octets):
    """What a peer says, or its complaint."""
    try:
        return work(octets)
    except Exception as error:
        return repr(error)[:80]


def main():
    """Reads the task, prints the answer."""
    task = json.load(sys.stdin)
    frames = {name: bytes.fromhex(text) for name, text in task["frames"].items()}
    values = {
        "pymbusparser": {name: attempt(pymbusparser_values, octets) for name, octets in frames.items()},
        "pyMeterBus": {name: attempt(meterbus_values, octets) for name, octets in frames.items()},
    }
    parser = TelegramParser(telegram_specifications.V5)
    emitted = json.loads(parser.parse(task["telegram"]).to_json())
    rates = {
        name: rate(lambda name=name: pymbusparser.parse(frames[name]), task["seconds"])
        for name in task["timed"]
    }
    stream = task["stream"]
    rates["dsmr-parser"] = len(stream) * rate(
        lambda: [parser.parse(text) for text in stream], task["seconds"]
    )
    print(json.dumps({"values": values, "emitted": emitted, "rates": rates}, default=str))


main()
