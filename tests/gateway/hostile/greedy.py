"""An application that asks its gateway for everything it was not granted, and notes each answer's code.

Then it hands in what it was not asked for, and at last, one errand later, dies.
"""

import argparse
import json
import os
import socket
import sys
from typing import Any


def main() -> None:
    """Runs one errand of greed; the codes leave by standard error."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fd", type=int)
    lines = socket.socket(fileno=parser.parse_args().fd).makefile("rw", encoding="ascii", newline="\n")
    numbers = iter(range(1, 1000))

    def ask(method: str, **params: object) -> dict[str, Any]:
        request = {"jsonrpc": "2.0", "id": next(numbers), "method": method, "params": params}
        lines.write(json.dumps(request) + "\n")
        lines.flush()
        answer: dict[str, Any] = json.loads(lines.readline())
        return answer

    def code(method: str, **params: object) -> str:
        error = ask(method, **params).get("error")
        return error["data"]["code"] if error else "granted"

    before = code("clock.now", gateway="MKG0000000001")
    work = ask("work.next")["result"]
    own, task = work["gateway"], work["task"]
    attempts = {
        "before any errand": before,
        "set": code("module.exchange", gateway=own, apdu="c101c1000100002a0000ff02000901ff"),
        "action": code("module.exchange", gateway=own, apdu="c301c100460000600300ff0100"),
        "switch": code("module.exchange", gateway=own, apdu="c001c100460000600300ff0200"),
        "association": code("module.exchange", gateway=own, apdu="c001c1000f0000280000ff0200"),
        "release": code("module.exchange", gateway=own, apdu="6203800100"),
        "garbage": code("module.exchange", gateway=own, apdu="00ff"),
        "another house": code("module.exchange", gateway="MKG0000000002", apdu="c001c1000100002a0000ff0200"),
        "unknown method": code("keys.read", gateway=own),
        "wrong field": code("gas.telegrams", gateway=own, start="now", end=1),
        "clock": code("clock.now", gateway=own),
        "log": code("log", gateway=own, text="\x1b[2J" * 1000),
        "another task": code("block.hand_in", gateway=own, task=task + 1, payload="00"),
        "no payload": code("block.hand_in", gateway=own, task=task, payload="00"),
        "twice": code("block.hand_in", gateway=own, task=task, payload="00"),
    }
    for name, outcome in attempts.items():
        print(f"attempt {name}: {outcome}", file=sys.stderr, flush=True)
    ask("work.next")
    os.abort()


if __name__ == "__main__":
    main()
