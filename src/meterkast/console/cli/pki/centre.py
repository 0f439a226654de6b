"""What the PKI issues, the centre must know before it counts: who signs envelopes with which key."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meterkast.pki.authority import Witness
    from meterkast.pki.issued import IssuedCertificate


def centre_witness(site: Path) -> "Witness | None":
    """Registers gateways' signing certificates in the centre's database; None where a site has no centre.

    It is asked before a certificate counts. So a renewed gateway never signs with a key that the intake does
    not know, and where the database cannot be written nothing is issued.
    """
    path = site / "centre" / "centre.sqlite"
    if not path.is_file():
        return None

    from cryptography.hazmat.primitives.serialization import Encoding

    from meterkast.headend.registry import Registry
    from meterkast.outside.database.engine import engine, writing
    from meterkast.protocols.x509 import Purpose, key_id

    database = engine(path)

    def register(issued: "Sequence[IssuedCertificate]") -> None:
        with writing(database) as connection:
            registry = Registry(connection)
            for each in issued:
                if each.purpose is Purpose.SIG:
                    registry.add_certificate(
                        key_id(each.certificate),
                        each.holder,
                        each.purpose,
                        each.certificate.public_bytes(Encoding.DER),
                        now=int(each.issued_at.timestamp()),
                    )

    return register
