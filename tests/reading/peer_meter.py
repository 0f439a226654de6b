"""Runs in the peers' environment only: pydlms-client's simulated meter on a TCP port, until its input ends.

Untyped, as the environment in which types are checked does not have it.
"""

# ruff: noqa: ANN201
# mypy: ignore-errors

import json
import sys

from pydlms import Mechanism
from pydlms.simulator import ClientProfile, example_meter, serve


def main():
    """Serves client 16 in the clear and client 1 with HLS5 and protection."""
    task = json.loads(sys.stdin.readline())
    meter = example_meter(
        encryption_key=bytes.fromhex(task["key"]), authentication_key=bytes.fromhex(task["auth_key"])
    )
    meter.clients[1] = ClientProfile(mechanism=Mechanism.HLS_GMAC, ciphered=True)
    print(serve(meter).server_address[1], flush=True)
    sys.stdin.read()


main()
