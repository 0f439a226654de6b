"""Where a gateway finds its operator's PKI."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EstAddress:
    """The enrolment server: its address, and the DNS name that its certificate must carry."""

    host: str
    port: int
    server_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PkiAddress:
    """All of it.

    Attributes:
        est: the enrolment server.
        lists: host and port of the revocation lists (plain HTTP); None where somebody else keeps the trust
            folder fresh, and it is not ours to write.
    """

    est: EstAddress
    lists: tuple[str, int] | None = None
