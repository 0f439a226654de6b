"""Runs in the peers' environment only: pydlms-client talks to a meter of ours and prints what it got.

Reads one task from its input: how to associate, and the steps to take, each a name and its arguments.
Untyped, as the environment in which types are checked does not have it.
"""

# ruff: noqa: ANN001, ANN002, ANN201, ANN202, ANN204
# mypy: ignore-errors

import json
import sys

from cryptography.hazmat.primitives.asymmetric import ec
from pydlms import DlmsClient, Mechanism, SecurityContext
from pydlms.apdu import xdlms
from pydlms.client import AccessGet, AccessSet
from pydlms.cosem.data import DlmsData
from pydlms.exceptions import DlmsError
from pydlms.hdlc.connection import HdlcParameters

CURVES = {1: ec.SECP256R1(), 2: ec.SECP384R1()}
PASSED_ON = (
    "logical_names",
    "protection",
    "use_dedicated_key",
    "propose_gbt",
    "propose_access",
    "gbt_window",
)


def octets(text):
    return DlmsData.octet_string(bytes.fromhex(text))


def shown(value):
    """A value as JSON can carry it."""
    if value is None or isinstance(value, int | str):
        return value if not hasattr(value, "name") else value.name
    plain = value.to_python()
    return bytes(plain).hex() if isinstance(plain, bytes | bytearray) else plain


class Steps:
    """What a task can ask for."""

    def __init__(self, meter):
        self.meter = meter

    def register(self, name):
        return str(self.meter.get_register(name))

    def objects(self):
        return len(self.meter.get_association_view())

    def rows(self, name):
        return self._rows(name, None)

    def entries(self, name, first, last):
        return self._rows(name, xdlms.entry_descriptor(first, last))

    def between(self, name, first, last):
        return self._rows(name, xdlms.range_descriptor(octets(first), octets(last)))

    def _rows(self, name, access):
        return [[shown(cell) for cell in row] for row in self.meter.read_profile(name, access).cells]

    def get_many(self, *items):
        return [shown(each) for each in self.meter.get_many([tuple(item) for item in items])]

    def set(self, name, class_id, attribute, text):
        return self.meter.set(name, class_id, attribute, octets(text))

    def set_wrong(self, name, class_id, attribute):
        self.meter.set(name, class_id, attribute, DlmsData.boolean(True))

    def fails(self, step, *arguments):
        """What the library says about a step that must not succeed."""
        try:
            getattr(self, step)(*arguments)
        except DlmsError as error:
            return str(error)
        raise AssertionError(step)

    def set_many(self, split, *items):
        values = [(*item[:3], octets(item[3])) for item in items]
        return [each.name for each in self.meter.set_many(values, split_lists=split)]

    def act(self, name, class_id, method, text):
        return shown(self.meter.action(name, class_id, method, octets(text)))

    def act_many(self, split, *items):
        calls = [(*item[:3], octets(item[3])) for item in items]
        return [shown(each) for each in self.meter.action_many(calls, split_lists=split)]

    def access(self, read, written, text):
        operations = [AccessGet(*read), AccessSet(*written, octets(text)), AccessGet(*written)]
        outcomes = self.meter.access(operations)
        return [[each.result.name, shown(each.data)] for each in outcomes]


def settings(task):
    """What the client is told about itself and the meter."""
    said = {
        name: task[name]
        for name in (
            "logical_names",
            "protection",
            "use_dedicated_key",
            "propose_gbt",
            "propose_access",
            "gbt_window",
        )
        if name in task
    }
    suite = task.get("suite", 0)
    if "private" in task:
        key = ec.derive_private_key(task["private"], CURVES[suite])
        said["signing_key"] = key
        said["server_public_key"] = ec.derive_private_key(task["peer"], CURVES[suite]).public_key()
    if "key" in task:
        said["security"] = SecurityContext(
            bytes.fromhex(task["key"]),
            bytes.fromhex(task["auth_key"]),
            client_system_title=bytes.fromhex(task["title"]),
            invocation_counter=task.get("counter", 1),
            suite=suite,
            signing_key=said.get("signing_key"),
            peer_signing_key=said.get("server_public_key"),
            general_aad=task.get("aad", "sc-ak"),
            signing_form=task.get("form", "content"),
        )
    elif "title" in task:
        said["client_system_title"] = bytes.fromhex(task["title"])
    if "secret" in task:
        said["password"] = bytes.fromhex(task["secret"])
    if "pdu" in task:
        said["max_receive_pdu_size"] = task["pdu"]
    if "window" in task:
        said["hdlc_parameters"] = HdlcParameters(window_tx=task["window"], window_rx=task["window"])
    return said | {"mechanism": Mechanism(task.get("mechanism", 0)), "hdlc": task.get("hdlc", False)}


def main():
    """Does as the task says."""
    task = json.loads(sys.stdin.read())
    said = settings(task)
    with DlmsClient.tcp("127.0.0.1", task["port"], client_sap=task["client"], **said) as meter:
        steps = Steps(meter)
        print(json.dumps([getattr(steps, name)(*arguments) for name, *arguments in task["steps"]]))


main()
