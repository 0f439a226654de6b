"""The power fails at every moment of a renewal: the old set or the new one, never none (AT-48)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography import x509

from meterkast.gateway.enrol import due
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.protocols.x509 import RULES
from meterkast.street.fleet.gateway_life import GatewayLife
from meterkast.street.fleet.ledger import Ledger
from meterkast.street.fleet.line import Network, VirtualLine
from meterkast.street.fleet.operator import Operator
from meterkast.street.fleet.plan import START
from meterkast.street.fleet.power import PowerCutError, PoweredKeystore

DUE = START + timedelta(days=490)
NewGateway = Callable[[int], tuple[GatewayLife, VirtualLine]]
"""An enrolled gateway, and its line on the day on which its renewal is due."""


@pytest.fixture
def enrolled() -> Iterator[NewGateway]:
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        folder, ledger = Path(name), Ledger()
        operator = Operator(folder, ledger, START)
        network = Network(operator)

        def made(number: int) -> tuple[GatewayLife, VirtualLine]:
            life = GatewayLife(number, folder, ledger, RULES, 0)
            operator.equip(life.title, life.keystore, START)
            life.learn(operator.trust)
            life.enrol(VirtualLine(network, life.mains, now=START, own=START, rules=RULES))
            return life, VirtualLine(network, life.mains, now=DUE, own=DUE, rules=RULES)

        born = [made(number) for number in range(80)]
        operator.root_day(DUE)
        operator.keep_up(DUE)
        yield lambda number: born[number]


def cut_everywhere(enrolled: NewGateway) -> int:
    """At how many moments the power was cut; after the last one nothing was left to be cut."""
    for moment in count(1):
        life, line = enrolled(moment - 1)
        life.mains.cut_at(moment)
        try:
            life.keep_up(line, DUE)
        except PowerCutError:
            life.start()
            life.require_whole(DUE)
            life.keep_up(line, DUE)
            assert due(life.keystore, DUE) == []
            life.require_whole(DUE)
        else:
            return moment - 1
    raise AssertionError


def test_power_cut_at_every_moment_of_a_renewal(enrolled: NewGateway) -> None:
    assert cut_everywhere(enrolled) >= 20


def test_a_keystore_that_clears_before_it_writes_is_found(
    enrolled: NewGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mutant: the certificate before goes first."""
    put = SoftwareKeystore.put_certificate

    def careless(keystore: PoweredKeystore, label: str, chain: list[x509.Certificate]) -> None:
        (keystore.folder / f"{label.partition('-')[0]}.crt.pem").unlink()
        keystore.mains.moment()
        put(keystore, label, chain)

    gateways = [enrolled(number) for number in range(60)]
    monkeypatch.setattr(SoftwareKeystore, "put_certificate", careless)
    with pytest.raises(Exception, match="keystore has no"):
        cut_everywhere(lambda number: gateways[number])
