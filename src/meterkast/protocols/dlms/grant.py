"""What a client of a server may do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Flag

from meterkast.model.obis import Obis
from meterkast.protocols.dlms.association import Naming
from meterkast.protocols.dlms.envelope import Protecting
from meterkast.protocols.dlms.hls import Authentication, Password
from meterkast.protocols.dlms.hls5 import Hls5


class Right(Flag):
    """What may be done with an object."""

    NONE = 0
    READ = 1
    WRITE = 2
    INVOKE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The association that one client id may have. A right here never adds to what an object offers.

    Attributes:
        hls5: our side of mechanism 5, which this client then must use; None for a public client.
        authentication: the same for any other mechanism.
        protection: how messages must be protected; None for an association in the clear. With
            ``GeneralProtection`` the client is one named party.
        dedicated_keys: whether the client may bring a key for the association (Dutch operators forbid it).
        rights: rights by logical name.
        otherwise: rights to all other objects.
        short_names: class and logical name of each object by its base name. Where there are any, the client
            names objects so and in no other way.
    """

    hls5: Hls5 | None = None
    authentication: Authentication | Password | None = None
    protection: Protecting | None = None
    dedicated_keys: bool = False
    rights: Mapping[Obis, Right] = field(default_factory=dict)
    otherwise: Right = Right.NONE
    short_names: Mapping[int, tuple[int, Obis]] = field(default_factory=dict)

    @property
    def naming(self) -> Naming:
        """How the client names objects."""
        return Naming.SHORT if self.short_names else Naming.LOGICAL

    @property
    def proof(self) -> Authentication | Password | None:
        """How the client must prove itself."""
        return self.authentication or self.hls5

    def allows(self, right: Right, logical_name: Obis) -> bool:
        """Whether the client has this right to this object."""
        return right in self.rights.get(logical_name, self.otherwise)
