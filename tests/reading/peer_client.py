"""Runs in the peers' environment only: pydlms-client reads a meter of ours and prints what it got.

Untyped, as the environment in which types are checked does not have it.
"""

# ruff: noqa: ANN201
# mypy: ignore-errors

import json
import sys

from pydlms import DlmsClient, Mechanism, SecurityContext


def main():
    """Reads as the task says."""
    task = json.loads(sys.stdin.read())
    settings = {}
    if task.get("security"):
        settings["security"] = SecurityContext(
            bytes.fromhex(task["key"]),
            bytes.fromhex(task["auth_key"]),
            client_system_title=bytes.fromhex(task["title"]),
            invocation_counter=1,
        )
        settings["mechanism"] = Mechanism.HLS_GMAC
    with DlmsClient.tcp("127.0.0.1", task["port"], client_sap=task["client"], **settings) as meter:
        register = meter.get_register("1.0.1.8.0.255")
        rows = meter.get("1.0.99.1.0.255", 7, 2)
        listed = meter.get_association_view()
        print(json.dumps({"register": str(register), "rows": len(rows.value), "objects": len(listed)}))


main()
