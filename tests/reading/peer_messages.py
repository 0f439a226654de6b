"""Runs in the peers' environment only: pydlms-client makes protected messages, and opens those of ours.

Untyped, as the environment in which types are checked does not have it.
"""

# ruff: noqa: ANN001, ANN201
# mypy: ignore-errors

import json
import sys

from cryptography.hazmat.primitives.asymmetric import ec
from pydlms import SecurityContext
from pydlms.push import PushDecoder
from pydlms.security.ciphering import unwrap, wrap_general_glo
from pydlms.security.general import (
    KeyInfo,
    verify_general_signing,
    wrap_general_ciphering,
    wrap_general_signing,
)

CURVES = {0: ec.SECP256R1(), 1: ec.SECP256R1(), 2: ec.SECP384R1()}
SCHEMES = {
    "identified": KeyInfo("identified", 0),
    "1e1s": KeyInfo("agreed", 0, 1),
    "0e2s": KeyInfo("agreed", 0, 2),
}


def context(task):
    """The stranger's side, between two parties that know each other's keys."""
    suite = task["suite"]
    own, peer = (ec.derive_private_key(task[name], CURVES[suite]) for name in ("own", "peer"))
    return SecurityContext(
        bytes.fromhex(task["key"]),
        bytes.fromhex(task["auth_key"]),
        client_system_title=bytes.fromhex(task["title"]),
        server_system_title=bytes.fromhex(task["peer_title"]),
        invocation_counter=task["counter"],
        suite=suite,
        signing_key=own,
        key_agreement_key=own,
        peer_signing_key=peer.public_key(),
        peer_key_agreement_key=peer.public_key(),
        general_aad=task["aad"],
        signing_form=task["form"],
    )


def made(side, sort, peer, plain, transaction):
    """A message of a sort around octets."""
    if sort == "signed":
        return wrap_general_signing(side, plain, peer, transaction)
    if sort == "general-glo":
        return wrap_general_glo(side, plain)
    return wrap_general_ciphering(side, plain, peer, SCHEMES[sort], transaction)


def opened(side, sort, octets):
    """What is inside one of ours."""
    return verify_general_signing(side, octets)[1] if sort == "signed" else unwrap(side, octets).plaintext


def main():
    """Makes one and opens one, or reads a push."""
    task = json.loads(sys.stdin.read())
    side, sort = context(task), task["sort"]
    peer, plain, transaction = (bytes.fromhex(task[name]) for name in ("peer_title", "plain", "transaction"))
    ours = bytes.fromhex(task["ours"])
    if sort == "push":
        message = PushDecoder(framing="raw", security=side).decode_apdu(ours)
        answer = [[str(each.obis), each.raw] for each in message.records]
    else:
        answer = [made(side, sort, peer, plain, transaction).hex(), opened(side, sort, ours).hex()]
    print(json.dumps(answer))


main()
