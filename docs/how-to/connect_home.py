"""Connects one home to a running site: tells the centre of its gateway and devices.

The command line has no command for that yet, so this script calls the same code that a street calls. Run it
after ``gateway enrol`` and before ``gateway run``::

    python connect_home.py SITE --module KFM0000000000001 --gas-meter MKM00000001
"""

import argparse
import time
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.headend.registry import Device, Gateway, Registry
from meterkast.model.block import Medium
from meterkast.model.ean import Ean
from meterkast.model.identity import SystemTitle
from meterkast.outside.database.engine import engine, writing
from meterkast.outside.database.migrations import upgrade
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Authority
from meterkast.protocols.x509.identity import key_id

CONNECTION = Ean("871687000000000016")
OPERATOR = "stadsnet"


def main() -> None:
    """Registers what the command line names."""
    arguments = _parser().parse_args()
    site: Path = arguments.site
    title = SystemTitle.parse(arguments.title)
    devices = {arguments.module: Medium.ELECTRICITY, arguments.gas_meter: Medium.GAS}
    _register(site, title, devices, Authority(site / "pki", TrustFolder(site / "trust")))
    print(f"{title} is registered.")


def _register(site: Path, title: SystemTitle, devices: dict[str, Medium], authority: Authority) -> None:
    """Tells the centre which gateway hangs where, what is behind it, and which certificates it has."""
    (site / "centre").mkdir(exist_ok=True)
    database = engine(site / "centre" / "centre.sqlite")
    upgrade(database)
    with writing(database) as connection:
        registry = Registry(connection)
        registry.add_operator(OPERATOR, OPERATOR)
        registry.add_connection(CONNECTION, OPERATOR, phases=3, ampere=25)
        registry.add_gateway(Gateway(title=title, ean=CONNECTION, operator=OPERATOR))
        for name, medium in devices.items():
            registry.add_device(
                Device(name=name, ean=CONNECTION, gateway=title, medium=medium, vendor=name[:3])
            )
        for issued in authority.issued(str(title)):
            der = issued.certificate.public_bytes(Encoding.DER)
            held = key_id(issued.certificate)
            registry.add_certificate(held, str(title), issued.purpose, der, now=int(time.time()))
    database.dispose()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path)
    parser.add_argument("--title", default="MKG0000000001")
    parser.add_argument("--module", required=True)
    parser.add_argument("--gas-meter", required=True)
    return parser


if __name__ == "__main__":
    main()
