"""The security setup at work: a client rotates keys, agrees on one, certifies a meter, raises its policy."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cosem.peers import GATEWAY, IMPORT, Carrier, ask, bare
from cosem.vault import CLIENT, MASTER, METER, Authority, Keys, Vault, fresh_keys, side
from meterkast.model.errors import LocalError
from meterkast.protocols.axdr import Data, array, double_long_unsigned, enum, null, octets, structure
from meterkast.protocols.cosem.classes import find
from meterkast.protocols.cosem.objects.key_custody import (
    ByEntity,
    BySerial,
    Entity,
    Identification,
    KeyPair,
    Purpose,
)
from meterkast.protocols.cosem.objects.security_setup import (
    SECURITY_SETUP,
    SecuritySetup,
    SecuritySetupV0,
)
from meterkast.protocols.dlms.apdu import ActionResult, AttributeDescriptor, MethodDescriptor
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Associated, Event, Failed, Refused, Result
from meterkast.protocols.dlms.key_agreement import KeyId, Parties, agree, offer, taken
from meterkast.protocols.dlms.key_transfer import transfer
from meterkast.protocols.dlms.policy import PolicyFloor
from meterkast.protocols.dlms.security import AUTHENTICATED_ENCRYPTED, SecurityControl
from meterkast.protocols.dlms.server import Server
from meterkast.protocols.dlms.signature import signer
from meterkast.protocols.dlms.suite import SUITE_1

ENERGY = AttributeDescriptor(3, IMPORT, 2)
ACTIVATE, TRANSFER, AGREE, GENERATE, REQUEST, IMPORT_IT, EXPORT, REMOVE = range(1, 9)
ALL_IN_V1 = 0x6C  # requests authenticated and encrypted, responses too


class Conversation:
    """A client in association with the meter of a vault."""

    def __init__(
        self,
        server: Server,
        keys: Keys,
        suite: int,
        protection: SecurityControl = AUTHENTICATED_ENCRYPTED,
        first: int = 1,
    ) -> None:
        self.floor = PolicyFloor(suite, protection)
        proof, own = side(CLIENT, keys, self.floor, first)
        self.client = Client(hls5=proof, protection=own)
        self.carry: Carrier = bare(server, GATEWAY)
        self.opened = ask(self.client, self.carry, self.client.aarq())

    def act(self, method: int, parameters: Data) -> Event:
        """Calls a method of the security setup."""
        named = MethodDescriptor(64, SECURITY_SETUP, method)
        return ask(self.client, self.carry, self.client.act(named, parameters))

    def read(self, attribute: int) -> Data:
        """An attribute of the security setup."""
        wanted = AttributeDescriptor(64, SECURITY_SETUP, attribute)
        found = ask(self.client, self.carry, self.client.get(wanted))
        assert isinstance(found, Result)
        return found.data

    def works(self) -> bool:
        """Whether a register can be read."""
        found = ask(self.client, self.carry, self.client.get(ENERGY))
        return found == Result(double_long_unsigned(1_234_567))


def failed(event: Event) -> ActionResult:
    """How a method failed."""
    assert isinstance(event, Failed)
    assert isinstance(event.reason, ActionResult)
    return event.reason


@pytest.mark.parametrize("suite", [0, 1])
def test_a_client_rotates_its_keys_and_goes_on(suite: int) -> None:
    vault = Vault(suite)
    old = fresh_keys()
    policy = 3 if suite == 0 else ALL_IN_V1
    talk = Conversation(vault.server(policy, PolicyFloor(suite)), old, suite)
    new = {KeyId.GLOBAL_UNICAST: bytes(range(1, 17)), KeyId.AUTHENTICATION: bytes(range(2, 18))}
    assert isinstance(talk.act(TRANSFER, transfer(MASTER, new)), Result)
    assert talk.works(), "the association goes on under the old keys"
    fresh = vault.server(policy, PolicyFloor(suite))
    assert Conversation(fresh, old | new, suite).works()
    assert isinstance(Conversation(fresh, old, suite).opened, Refused)


def test_keys_under_another_master_key_change_nothing() -> None:
    vault = Vault(0)
    talk = Conversation(vault.server(3, PolicyFloor(0)), fresh_keys(), 0)
    good = {KeyId.GLOBAL_UNICAST: bytes(16)}
    for wrong in (
        transfer(bytes(16), good),
        array((*transfer(MASTER, good).items, *transfer(bytes(16), {KeyId.MASTER: bytes(16)}).items)),
    ):
        assert failed(talk.act(TRANSFER, wrong)) is ActionResult.OTHER_REASON
    assert vault.keys == fresh_keys()


def test_both_sides_agree_on_a_key_that_nobody_sends() -> None:
    own = ec.generate_private_key(ec.SECP256R1())
    vault = Vault(1, client_key=own.public_key())
    talk = Conversation(vault.server(ALL_IN_V1, PolicyFloor(1)), fresh_keys(), 1)
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    offered = offer(KeyId.GLOBAL_UNICAST, ephemeral.public_key(), signer(own))
    answer = talk.act(AGREE, array([structure((enum(KeyId.GLOBAL_UNICAST), octets(offered)))]))
    assert isinstance(answer, Result)
    ((number, data),) = (item.items for item in answer.data.items)
    assert number == enum(KeyId.GLOBAL_UNICAST)
    assert isinstance(data.value, bytes)
    theirs = taken(SUITE_1, KeyId.GLOBAL_UNICAST, data.value, vault.own.public_key())
    key = agree(SUITE_1, ephemeral, theirs, Parties(CLIENT.octets, METER.octets))
    again = Conversation(
        vault.server(ALL_IN_V1, PolicyFloor(1)), fresh_keys() | {KeyId.GLOBAL_UNICAST: key}, 1
    )
    assert again.works()
    forged = offered[:-1] + bytes((offered[-1] ^ 1,))
    wrong = array([structure((enum(KeyId.GLOBAL_UNICAST), octets(forged)))])
    assert failed(talk.act(AGREE, wrong)) is ActionResult.OTHER_REASON
    assert vault.keys[KeyId.GLOBAL_UNICAST] == key


def test_a_key_pair_is_certified_listed_exported_and_removed() -> None:
    authority = Authority()
    vault = Vault(1, authority=authority.certificate)
    talk = Conversation(vault.server(ALL_IN_V1, PolicyFloor(1)), fresh_keys(), 1)
    assert failed(talk.act(REQUEST, enum(KeyPair.SIGNATURE))) is ActionResult.OTHER_REASON
    assert talk.act(GENERATE, enum(KeyPair.SIGNATURE)) == Result(null())
    asked = talk.act(REQUEST, enum(KeyPair.SIGNATURE))
    assert isinstance(asked, Result)
    assert isinstance(asked.data.value, bytes)
    certificate = authority.certify(asked.data.value)
    stranger = Authority().certify(asked.data.value)
    assert failed(talk.act(IMPORT_IT, octets(stranger))) is ActionResult.OTHER_REASON
    assert talk.act(IMPORT_IT, octets(certificate)) == Result(null())
    (entry,) = talk.read(6).items
    entity, purpose, serial, issuer, _, _ = entry.items
    assert (entity, purpose) == (enum(Entity.SERVER), enum(Purpose.SIGNATURE))
    assert isinstance(serial.value, bytes)
    assert isinstance(issuer.value, bytes)
    names: list[Identification] = [
        ByEntity(entity=Entity.SERVER, purpose=Purpose.SIGNATURE, title=METER.octets),
        BySerial(serial=serial.value, issuer=issuer.value),
    ]
    for each in names:
        assert talk.act(EXPORT, each.to_data()) == Result(octets(certificate))
    assert talk.act(REMOVE, names[0].to_data()) == Result(null())
    assert talk.read(6) == array(())
    for method in (EXPORT, REMOVE):
        assert failed(talk.act(method, names[1].to_data())) is ActionResult.OTHER_REASON


def test_the_policy_rises_and_never_falls() -> None:
    vault = Vault(0)
    server = vault.server(1, PolicyFloor(0, SecurityControl.AUTHENTICATED))
    talk = Conversation(server, fresh_keys(), 0, SecurityControl.AUTHENTICATED)
    assert talk.read(2) == enum(1)
    assert talk.act(ACTIVATE, enum(3)) == Result(null())
    assert vault.policies == [3]
    plain = talk.client.get(ENERGY)
    assert isinstance(talk.client.receive(talk.carry(plain))[0], Refused | Failed), "no longer enough"
    risen = Conversation(server, fresh_keys(), 0, first=100)
    for lower in (0, 1, 2):
        assert failed(risen.act(ACTIVATE, enum(lower))) is ActionResult.READ_WRITE_DENIED
    assert risen.read(2) == enum(3)
    assert vault.policies == [3]


def test_a_policy_that_could_not_be_kept_is_not_in_force() -> None:
    def full(_policy: int) -> None:
        raise OSError("no space")

    setup = setup_of(SecuritySetup, 0x04, activate=full)
    with pytest.raises(OSError, match="no space"):
        setup.invoke(ACTIVATE, enum(0x0C))
    assert setup.read(2) == enum(0x04)


def setup_of(version: type[SecuritySetupV0], policy: int, **changed: object) -> SecuritySetupV0:
    """An object without a meter."""
    settings = {
        "suite": 1,
        "client": lambda: CLIENT,
        "server": METER,
        "custody": Vault(1),
        "activate": lambda _: None,
    }
    return version(policy=policy, **(settings | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize("version", [SecuritySetupV0, SecuritySetup])
def test_the_object_is_of_its_class(version: type[SecuritySetupV0]) -> None:
    described, setup = find(64), setup_of(version, 0)
    assert described is not None
    assert setup.attributes == (1, 2, 3, 4, 5) if version is SecuritySetupV0 else range(1, 7)
    for number in setup.attributes:
        attribute = described.attribute(number)
        assert attribute is not None
        assert setup.read(number).kind.label == attribute.type
    assert setup.read(4) == octets(CLIENT.octets)
    assert setup.read(5) == octets(METER.octets)


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        (ACTIVATE, octets(b"\x03")),
        (ACTIVATE, enum(0x01)),
        (TRANSFER, array(())),
        (TRANSFER, array([structure((enum(9), octets(bytes(24))))])),
        (TRANSFER, array([structure((enum(0), octets(bytes(24))))] * 2)),
        (TRANSFER, array([enum(0)])),
        (TRANSFER, array([structure((enum(0),))])),
        (TRANSFER, array([structure((enum(0), octets(bytes(24)), octets(b"")))])),
        (AGREE, structure((enum(0), octets(b"")))),
        (GENERATE, enum(3)),
        (IMPORT_IT, enum(3)),
        (EXPORT, structure((enum(2), structure(())))),
        (EXPORT, structure((enum(0), structure((enum(9), enum(0), octets(b"")))))),
        (REMOVE, enum(0)),
    ],
)
def test_parameters_of_another_form_are_refused(method: int, parameters: Data) -> None:
    talk = Conversation(Vault(1).server(ALL_IN_V1, PolicyFloor(1)), fresh_keys(), 1)
    assert failed(talk.act(method, parameters)) is ActionResult.TYPE_UNMATCHED


def test_version_0_knows_no_certificates() -> None:
    talk = Conversation(Vault(0).server(3, PolicyFloor(0)), fresh_keys(), 0)
    for method in (AGREE, GENERATE, REQUEST, IMPORT_IT, EXPORT, REMOVE, 9):
        assert failed(talk.act(method, enum(0))) is ActionResult.READ_WRITE_DENIED


def test_a_policy_of_another_version_is_our_own_fault() -> None:
    for version, policy in ((SecuritySetupV0, 4), (SecuritySetup, 1)):
        with pytest.raises(LocalError):
            setup_of(version, policy)


def test_it_opens_at_all() -> None:
    assert isinstance(Conversation(Vault(0).server(3, PolicyFloor(0)), fresh_keys(), 0).opened, Associated)
