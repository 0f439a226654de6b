"""Sign-off: answers count as given only once everybody who must sign has signed the very same bytes.

Each signatory has a key of their own in a keystore; the roster says which public key is whose. All signatures
stand in one DSSE envelope around the manifest, beside the signature of the tool that made the pack.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from securesystemslib.dsse import Envelope

from meterkast.assurance.case.signing import KeystoreSigner, PublicKey, key_from_pem, key_to_pem, opened
from meterkast.model.errors import DataError, LocalError, TrustError

PAYLOAD_TYPE = "application/vnd.in-toto+json"

_ROLE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class Roster:
    """Whose key is whose: a folder with one public key for each signatory, kept by who publishes answers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def admit(self, role: str, key: PublicKey) -> None:
        """Takes a signatory's key up; whoever is in it already is never replaced.

        Raises:
            TrustError: ``signatory-key-foreign`` where the role has another key.
            LocalError: ``signatory-malformed``.
        """
        known = self.key(role)
        if known is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / f"{role}.pem").write_text(key_to_pem(key), encoding="utf-8")
        elif known.keyid != key.keyid:
            raise TrustError(
                "signatory-key-foreign",
                "This signatory has another key in the roster.",
                where=role,
                hint="Sign with the keystore that holds that key.",
            )

    def key(self, role: str) -> PublicKey | None:
        """The key of a signatory, or None where the roster has none; raises as ``admit`` does."""
        if _ROLE.fullmatch(role) is None:
            raise LocalError(
                "signatory-malformed", "A signatory is small letters, digits and hyphens.", where=repr(role)
            )
        path = self._folder / f"{role}.pem"
        return key_from_pem(path.read_text(encoding="utf-8")) if path.is_file() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """How far a pack is signed."""

    required: tuple[str, ...]
    signed: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Who has yet to sign."""
        return tuple(role for role in self.required if role not in self.signed)

    @property
    def complete(self) -> bool:
        """Whether everybody signed; never where nobody is required, for then nobody answers for it."""
        return bool(self.required) and not self.missing

    def to_dict(self) -> dict[str, Any]:
        """The sign-off as JSON-able values."""
        return {
            "complete": self.complete,
            "required": list(self.required),
            "signed": list(self.signed),
            "missing": list(self.missing),
        }


def countersigned(document: Mapping[str, Any], signer: KeystoreSigner) -> dict[str, Any]:
    """The envelope with one signature more; signing twice changes nothing.

    Raises:
        DataError: ``sign-off-malformed``.
    """
    try:
        envelope = Envelope.from_dict(json.loads(json.dumps(document)))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError("sign-off-malformed", "This is not a DSSE envelope.") from error
    envelope.sign(signer)
    plain: dict[str, Any] = envelope.to_dict()
    return plain


def sign_off(document: Mapping[str, Any], required: tuple[str, ...], roster: Roster) -> SignOff:
    """Who of the required signatories has signed, by the keys of the roster alone."""
    found = tuple(
        role for role in required if (key := roster.key(role)) is not None and _signed_by(document, key)
    )
    return SignOff(required=required, signed=found)


def _signed_by(document: Mapping[str, Any], key: PublicKey) -> bool:
    try:
        opened(document, PAYLOAD_TYPE, [key])
    except TrustError:
        return False
    return True
