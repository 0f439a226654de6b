"""Runs in the peers' environment only: pydlms-client's simulated meter on a TCP port, until its input ends.

The first line of its input is the task; each further line is a notification to send before the next answer.
Untyped, as the environment in which types are checked does not have it.
"""

# ruff: noqa: ANN001, ANN201
# mypy: ignore-errors

import json
import sys

from cryptography.hazmat.primitives.asymmetric import ec
from pydlms import Mechanism, SecurityContext
from pydlms.apdu.xdlms import Conformance
from pydlms.cosem.data import DlmsData
from pydlms.simulator import ClientProfile, example_meter, serve

CURVES = {1: ec.SECP256R1(), 2: ec.SECP384R1()}
NOTE = "0.0.96.13.0.255"


def made(task):
    """The example meter with one client, an object to write, and two methods: one echoes, one counts."""
    title = bytes.fromhex(task["meter_title"])
    meter = example_meter(system_title=title, max_pdu=task["pdu"])
    profile = ClientProfile(Mechanism(task["mechanism"]), ciphered="key" in task)
    suite = task.get("suite", 0)
    if "secret" in task:
        profile.secret = bytes.fromhex(task["secret"])
    if "private" in task:
        meter.signing_key = ec.derive_private_key(task["private"], CURVES[suite])
        profile.client_public_key = ec.derive_private_key(task["peer"], CURVES[suite]).public_key()
    if "key" in task:
        meter.encryption_key, meter.authentication_key = (
            bytes.fromhex(task[name]) for name in ("key", "auth_key")
        )
        meter.security = SecurityContext(
            meter.encryption_key,
            meter.authentication_key,
            client_system_title=title,
            suite=suite,
            signing_key=meter.signing_key,
            peer_signing_key=profile.client_public_key,
            general_aad=task.get("aad", "sc-ak"),
            signing_form=task.get("form", "content"),
        )
    meter.clients = {task["client"]: profile}
    if task.get("short"):
        meter.conformance = Conformance.default_sn()
    if task.get("blocks"):
        meter.conformance |= Conformance.GENERAL_BLOCK_TRANSFER
        meter.gbt_window = task["blocks"]
        meter.drop_gbt_blocks = set(task.get("lost", ()))
    meter.add_object(1, NOTE, {2: DlmsData.octet_string(b"")}, base_name=0x5000)
    meter.add_method(1, NOTE, 1, lambda _meter, given: given)
    meter.add_method(1, NOTE, 2, lambda _meter, given: DlmsData.uint32(len(given.value)))
    return meter


def main():
    """Serves."""
    task = json.loads(sys.stdin.readline())
    meter = made(task)
    settings = {"hdlc": task["hdlc"], "hdlc_window": task.get("window", 1)}
    print(serve(meter, **settings).server_address[1], flush=True)
    for line in sys.stdin:
        push = json.loads(line)
        meter.push_before_response(bytes.fromhex(push["apdu"]), protection=push["protection"])
        print("ready", flush=True)


main()
