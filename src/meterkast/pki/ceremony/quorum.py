"""A secret that m of n holders open together, and fewer do not.

For every choice of m holders the secret is wrapped once (AES key wrap, RFC 3394) under a key derived (HKDF,
RFC 5869) from the secrets of exactly those m, in order. With 3 of 5 that is ten wraps: more than secret
sharing would need, and made of nothing but two standard primitives that everybody can check with other tools.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import rfc8785
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from meterkast.model.errors import DataError, LocalError, TrustError

SECRET = 32
"""Octets of every secret: the holders' and the shared one."""
_VERSION = "meterkast quorum v1"
_MAX = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """What stands in public about a shared secret; it opens nothing by itself.

    Attributes:
        ceremony: 32 octets that no other ceremony has.
        needs: how many holders open it.
        holders: names, in order, and the Ed25519 key by which each is known.
        wraps: the secret, wrapped for each choice of holders.
    """

    ceremony: bytes
    needs: int
    holders: Mapping[str, bytes]
    wraps: Mapping[tuple[str, ...], bytes]

    @classmethod
    def divide(
        cls, secret: bytes, cards: Mapping[str, tuple[bytes, bytes]], *, needs: int, ceremony: bytes
    ) -> "Quorum":
        """Divides a secret over holders, given each one's secret and public key.

        Raises:
            LocalError: ``ceremony-quorum`` where so many of so many is no quorum.
        """
        secrets = {name: own for name, (own, _) in cards.items()}
        if not 1 < needs <= len(cards) or any(len(each) != SECRET for each in (secret, *secrets.values())):
            raise LocalError("ceremony-quorum", "A quorum is some of at least as many holders.")
        wraps = {
            chosen: aes_key_wrap(_key(ceremony, chosen, secrets), secret)
            for chosen in combinations(sorted(cards), needs)
        }
        public = {name: cards[name][1] for name in sorted(cards)}
        return cls(ceremony=ceremony, needs=needs, holders=public, wraps=wraps)

    def open(self, secrets: Mapping[str, bytes]) -> bytes:
        """The shared secret, by the first ``needs`` of these holders, who have been recognised before.

        Raises:
            TrustError: ``ceremony-too-few-holders``, or ``ceremony-quorum-closed`` where they do not open it.
        """
        chosen = tuple(sorted(secrets))[: self.needs]
        if len(chosen) < self.needs:
            raise too_few(self.needs, len(chosen))
        try:
            return aes_key_unwrap(_key(self.ceremony, chosen, secrets), self.wraps[chosen])
        except (InvalidUnwrap, KeyError) as cause:
            raise TrustError("ceremony-quorum-closed", "These holders do not open the secret.") from cause

    def encode(self) -> bytes:
        """The file, in the one form of RFC 8785."""
        rows = [{"holders": list(chosen), "wrapped": wrap.hex()} for chosen, wrap in self.wraps.items()]
        return rfc8785.dumps(
            {
                "version": _VERSION,
                "ceremony": self.ceremony.hex(),
                "needs": self.needs,
                "holders": {name: key.hex() for name, key in self.holders.items()},
                "wraps": rows,
            }
        )


def parse_quorum(octets: bytes) -> Quorum:
    """Reads the file.

    Raises:
        DataError: ``ceremony-quorum-malformed``.
    """
    try:
        document: Any = json.loads(octets) if len(octets) <= _MAX else None
        quorum = Quorum(
            ceremony=bytes.fromhex(document["ceremony"]),
            needs=int(document["needs"]),
            holders={str(name): bytes.fromhex(key) for name, key in document["holders"].items()},
            wraps={tuple(row["holders"]): bytes.fromhex(row["wrapped"]) for row in document["wraps"]},
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as cause:
        raise _malformed() from cause
    if quorum.encode() != octets:
        raise _malformed()
    return quorum


def too_few(needed: int, here: int) -> TrustError:
    """A quorum is not complete."""
    return TrustError("ceremony-too-few-holders", f"It takes {needed} holders; {here} are here.")


def _key(ceremony: bytes, chosen: tuple[str, ...], secrets: Mapping[str, bytes]) -> bytes:
    info = rfc8785.dumps([_VERSION, *chosen])
    derive = HKDF(algorithm=hashes.SHA256(), length=SECRET, salt=ceremony, info=info)
    return derive.derive(b"".join(secrets[name] for name in chosen))


def _malformed() -> DataError:
    return DataError("ceremony-quorum-malformed", "The file of the quorum does not hold what it must.")
