"""Class 64: security policy, suite, and the life of keys and certificates (Blue Book 4.4.7)."""

from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data, Kind, array, enum, octets, structure
from meterkast.protocols.cosem.objects.key_custody import (
    ByEntity,
    BySerial,
    Entity,
    Identification,
    KeyCustody,
    KeyPair,
    Purpose,
)
from meterkast.protocols.cosem.objects.parameters import (
    fields,
    items,
    malformed,
    member,
    number,
    octet_string,
)
from meterkast.protocols.cosem.objects.readable import ReadableObject
from meterkast.protocols.dlms.apdu import DataAccessResult
from meterkast.protocols.dlms.key_agreement import KeyId
from meterkast.protocols.dlms.object_model import AccessDenied

SECURITY_SETUP: Final = Obis(0, 0, 43, 0, 0)

Method = Callable[[Data], Data | None]


class SecuritySetupV0(ReadableObject):
    """Class 64, version 0: the policy, and symmetric keys under a master key.

    A policy is a number whose bits each ask for more, so it rises where no bit is lost; anything else is
    refused. What fails in key work is refused without a reason.

    Args:
        suite: 0, 1 or 2.
        policy: in force now; version 0 has 1 authenticated and 2 encrypted.
        client: gives the system title of the current client.
        server: our own system title.
        custody: does the key work.
        activate: puts a risen policy in force, durably, before it counts here.
        logical_name: the object's name.

    Raises:
        LocalError: ``security-policy-unknown`` for a policy that the version does not have.
    """

    class_id: ClassVar[int] = 64
    policies: ClassVar[int] = 0x03
    """The bits that a policy may have."""

    def __init__(
        self,
        *,
        suite: int,
        policy: int,
        client: Callable[[], SystemTitle],
        server: SystemTitle,
        custody: KeyCustody,
        activate: Callable[[int], None],
        logical_name: Obis = SECURITY_SETUP,
    ) -> None:
        if policy & ~self.policies:
            raise LocalError("security-policy-unknown", "This version has no such security policy.")
        self._policy = policy
        self._custody = custody
        self._activate = activate
        super().__init__(
            logical_name,
            {
                2: lambda: enum(self._policy),
                3: lambda: enum(suite),
                4: lambda: octets(client().octets),
                5: lambda: octets(server.octets),
                **self._more(),
            },
        )

    def invoke(self, method: int, parameters: Data | None = None) -> Data | None:
        """Calls a method.

        Raises:
            AccessDenied: read-write-denied for a method that is not there and for a policy that is lower in
                any respect, type-unmatched for parameters of another form, other-reason where a key or
                certificate does not hold.
        """
        called = self._methods().get(method)
        if called is None:
            raise AccessDenied(DataAccessResult.READ_WRITE_DENIED)
        if parameters is None:
            raise malformed()
        try:
            return called(parameters)
        except (TrustError, PeerError):
            raise AccessDenied(DataAccessResult.OTHER_REASON) from None

    def _methods(self) -> dict[int, Method]:
        return {1: self._security_activate, 2: self._key_transfer}

    def _more(self) -> dict[int, Callable[[], Data]]:
        """Readers of the attributes that later versions add."""
        return {}

    def _security_activate(self, parameters: Data) -> None:
        policy = number(parameters, Kind.ENUM)
        if policy & ~self.policies:
            raise malformed()
        if self._policy & ~policy:
            raise AccessDenied(DataAccessResult.READ_WRITE_DENIED)
        self._activate(policy)
        self._policy = policy

    def _key_transfer(self, parameters: Data) -> None:
        self._custody.take(_by_key(parameters))


class SecuritySetup(SecuritySetupV0):
    """Class 64, version 1: the same with key agreement, key pairs and certificates.

    The policy has a bit for each protection of requests (04 authenticated, 08 encrypted, 10 signed) and of
    responses (20, 40, 80).
    """

    version: ClassVar[int] = 1
    policies: ClassVar[int] = 0xFC

    def _methods(self) -> dict[int, Method]:
        custody = self._custody
        return super()._methods() | {
            3: self._key_agreement,
            4: lambda given: custody.generate(member(KeyPair, given)),
            5: lambda given: octets(custody.request(member(KeyPair, given))),
            6: lambda given: custody.import_certificate(octet_string(given)),
            7: lambda given: octets(custody.export_certificate(_identification(given))),
            8: lambda given: custody.remove_certificate(_identification(given)),
        }

    def _more(self) -> dict[int, Callable[[], Data]]:
        return {6: lambda: array(each.to_data() for each in self._custody.certificates())}

    def _key_agreement(self, parameters: Data) -> Data:
        answers = self._custody.agree(_by_key(parameters))
        return array(structure((enum(key_id), octets(data))) for key_id, data in sorted(answers.items()))


def _by_key(parameters: Data) -> Mapping[KeyId, bytes]:
    """An array of key id and octets, each key once."""
    found: dict[KeyId, bytes] = {}
    for item in items(parameters):
        named, data = fields(item, 2)
        key_id = member(KeyId, named)
        if key_id in found:
            raise malformed()
        found[key_id] = octet_string(data)
    return found


def _identification(parameters: Data) -> Identification:
    kind, named = fields(parameters, 2)
    if kind == enum(0):
        entity, purpose, title = fields(named, 3)
        return ByEntity(
            entity=member(Entity, entity), purpose=member(Purpose, purpose), title=octet_string(title)
        )
    if kind == enum(1):
        serial, issuer = fields(named, 2)
        return BySerial(serial=octet_string(serial), issuer=octet_string(issuer))
    raise malformed()
