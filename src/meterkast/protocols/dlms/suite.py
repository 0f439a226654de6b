"""The three security suites and what each is made of (Green Book 9.2.3.7)."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256, sha384
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One suite.

    Attributes:
        number: as it stands in the low four bits of the security control octet.
        key_length: octets of every symmetric key.
        curve: of signatures and key agreement; None in suite 0, which has neither.
        digest: of the key derivation.
        algorithm: object identifier that a derived encryption key is bound to (AES-GCM).
    """

    number: int
    key_length: int
    curve: ec.EllipticCurve | None
    digest: Callable[[bytes], Any]
    algorithm: bytes

    @property
    def coordinate(self) -> int:
        """Octets of one coordinate of a point; a point has two, a signature too."""
        return 0 if self.curve is None else (self.curve.key_size + 7) // 8


_GCM_128: Final = bytes.fromhex("60857405080300")
_GCM_256: Final = bytes.fromhex("60857405080301")

SUITE_0: Final = Suite(number=0, key_length=16, curve=None, digest=sha256, algorithm=_GCM_128)
SUITE_1: Final = Suite(number=1, key_length=16, curve=ec.SECP256R1(), digest=sha256, algorithm=_GCM_128)
SUITE_2: Final = Suite(number=2, key_length=32, curve=ec.SECP384R1(), digest=sha384, algorithm=_GCM_256)
SUITES: Final = {suite.number: suite for suite in (SUITE_0, SUITE_1, SUITE_2)}
