"""An MQTT broker: where it is, and who we are to it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from meterkast.model.errors import DataError

if TYPE_CHECKING:
    from ssl import SSLContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where and as whom to publish.

    Attributes:
        host: name or address.
        port: TCP port.
        prefix: first part of every topic.
        discovery: first part of the topics of descriptions; empty publishes none.
        user: user name; None without.
        password: None without.
        tls: with TLS, the broker's certificate and name checked.
        ca: PEM file of the authority that vouches for the broker; None trusts those of the system.
    """

    host: str
    port: int
    prefix: str = "meterkast"
    discovery: str = "homeassistant"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    ca: str | None = None

    @property
    def where(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port}"


def tls_context(ca: str | None) -> "SSLContext":
    """Checks the broker's certificate and name.

    Raises:
        DataError: ``export-ca-unreadable``.
    """
    import ssl

    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise DataError(
            "export-ca-unreadable", "The authority's certificate cannot be read.", where=ca
        ) from error
