"""Runs in the peers' environment only: how fast dlms-cosem and pydlms-client are at the same tasks.

Reads ``{"plain", "ciphered", "key", "auth_key": HEX, "seconds": S}`` and prints rates per second. Untyped, as
the environment in which types are checked has none of these libraries.
"""

# ruff: noqa: ANN001, ANN201, ANN202, ARG002
# mypy: ignore-errors

import json
import sys
import time


def rate(work, seconds):
    """Best of five, in calls per second."""
    best, each = 0.0, seconds / 5
    for _ in range(5):
        calls, began = 0, time.perf_counter()
        while (spent := time.perf_counter() - began) < each:
            work()
            calls += 1
        best = max(best, calls / spent)
    return best


def dlms_cosem(plain, ciphered, key, auth_key):
    """One message to typed values: in the clear, and in general-glo-ciphering."""
    from dlms_cosem import utils
    from dlms_cosem.protocol.xdlms import DataNotification, GeneralGlobalCipher
    from dlms_cosem.security import SecurityControlField, decrypt

    def clear(octets=plain):
        return utils.parse_as_dlms_data(DataNotification.from_bytes(octets).body)

    def opened():
        message = GeneralGlobalCipher.from_bytes(ciphered)
        text = decrypt(
            security_control=SecurityControlField.from_bytes(message.security_control.to_bytes()),
            system_title=message.system_title,
            invocation_counter=message.invocation_counter,
            key=key,
            auth_key=auth_key,
            cipher_text=message.ciphered_text,
        )
        return clear(text)

    assert len(clear()) == 96 == len(opened())
    return clear, opened


def pydlms():
    """Its client reads a profile of 96 rows from its simulator, in memory, in one APDU."""
    import datetime

    from pydlms.association import AssociationSettings
    from pydlms.client import DlmsClient
    from pydlms.cosem.data import DlmsData
    from pydlms.cosem.time import CosemDateTime
    from pydlms.link import ApduLink
    from pydlms.simulator import MeterSimulator, _Session

    meter = MeterSimulator(max_pdu=0xFFFF)
    start = datetime.datetime(2026, 3, 22, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    rows = [
        DlmsData.structure(
            [
                DlmsData.octet_string(
                    CosemDateTime.from_datetime(start + datetime.timedelta(minutes=15 * number)).to_bytes()
                ),
                DlmsData.uint8(0),
                DlmsData.uint32(1_000_000 + 17 * number),
                DlmsData.uint32(5 * number),
            ]
        )
        for number in range(96)
    ]
    meter.add_object(7, "1.0.99.1.0.255", {2: DlmsData.array(rows)})

    class Memory(ApduLink):
        client_sap = 16

        def connect(self):
            self.session = _Session(client_sap=16)

        def disconnect(self):
            pass

        def send_apdu(self, apdu):
            self.answer = meter.handle(apdu, self.session)

        def receive_apdu(self, timeout=None):
            return self.answer

        def receive_push(self, timeout=None):
            raise NotImplementedError

    client = DlmsClient(Memory(), AssociationSettings())
    client.connect()

    def get():
        return client.get("1.0.99.1.0.255", 7, 2)

    get()
    return get


def main():
    """Measures all three."""
    task = json.loads(sys.stdin.read())
    octets = {name: bytes.fromhex(task[name]) for name in ("plain", "ciphered", "key", "auth_key")}
    clear, opened = dlms_cosem(**octets)
    seconds = task["seconds"]
    figures = {"dlms-cosem plain": rate(clear, seconds), "dlms-cosem ciphered": rate(opened, seconds)}
    figures["pydlms-client get"] = rate(pydlms(), seconds)
    print(json.dumps(figures))


main()
