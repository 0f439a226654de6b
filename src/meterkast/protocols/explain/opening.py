"""Opening protected messages for an explanation: with the keys given, and saying what the tag proves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from meterkast.model.errors import DataError, TrustError
from meterkast.model.finding import Finding, Severity
from meterkast.protocols.dlms import security
from meterkast.protocols.dlms.aead import TAG_LENGTH
from meterkast.protocols.dlms.apdu import Ciphered, GeneralGloCiphering
from meterkast.protocols.explain.document import Explanation
from meterkast.protocols.explain.refusal import KeyNeededError, TagWrongError, TitleNeededError

EXAMPLE_TITLES: Final = (bytes.fromhex("4D4D4D0000BC614E"), bytes.fromhex("4D4D4D0000000001"))
"""Server and client of the Green Book's worked examples; tried where a message does not name its sender.

A title is only taken when the authentication tag holds under it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Encryption key and authentication key, as far as they are known."""

    encryption: bytes | None = None
    authentication: bytes | None = None


def unseal(
    sealed: Ciphered | GeneralGloCiphering, title: bytes | None, keys: Keys, explanation: Explanation
) -> bytes:
    """The plaintext; sets the explanation's ``mac`` and adds findings.

    Args:
        sealed: the protected message.
        title: system title of its sender, where the exchange names it.
        keys: what may open it.
        explanation: built up so far.

    Raises:
        KeyNeededError: there is no key.
        TitleNeededError: the sender's title is unknown.
        TagWrongError: the tag does not hold.
        PeerError: the protection is of a kind unknown here.
        DataError: ``key-length`` where the key does not fit the security suite.
    """
    tagged = security.is_authenticated(sealed.security_control)
    explanation.mac = "not-checked" if tagged else "absent"
    if keys.encryption is None:
        raise KeyNeededError(explanation)
    if not security.fits(keys.encryption, sealed.security_control):
        raise DataError("key-length", "The key does not fit the security suite of the message.")
    if not tagged:
        _find(explanation, "not-authenticated", "The message carries no tag: nothing proves who sent it.")
    elif keys.authentication is None:
        _find(explanation, "tag-not-checked", "Without the authentication key the tag was not checked.")
    if tagged and keys.authentication is not None:
        return _checked(sealed, title, keys.encryption, keys.authentication, explanation)
    if title is None:
        raise TitleNeededError(explanation)
    return _unchecked(sealed, title, keys.encryption)


def _checked(
    sealed: Ciphered | GeneralGloCiphering,
    title: bytes | None,
    key: bytes,
    auth_key: bytes,
    explanation: Explanation,
) -> bytes:
    candidates: Sequence[bytes] = EXAMPLE_TITLES if title is None else (title,)
    for candidate in candidates:
        try:
            plaintext = security.unprotect(
                sealed.payload,
                key=key,
                auth_key=auth_key,
                title=candidate,
                counter=sealed.counter,
                control=sealed.security_control,
            )
        except TrustError:
            continue
        explanation.mac = "verified"
        if title is None:
            _find(
                explanation, "title-assumed", "The sender is not named; the Green Book's example title fits."
            )
        return plaintext
    if title is None:
        raise TitleNeededError(explanation)
    explanation.mac = "failed"
    raise TagWrongError(explanation)


def _unchecked(sealed: Ciphered | GeneralGloCiphering, title: bytes, key: bytes) -> bytes:
    """The text without looking at its tag."""
    control = sealed.security_control
    tag = TAG_LENGTH if security.is_authenticated(control) else 0
    return security.unprotect(
        sealed.payload[: max(0, len(sealed.payload) - tag)],
        key=key,
        auth_key=b"",
        title=title,
        counter=sealed.counter,
        control=control & ~security.SecurityControl.AUTHENTICATED,
        tag_required=False,
    )


def _find(explanation: Explanation, code: str, message: str) -> None:
    explanation.findings.append(Finding(code=code, severity=Severity.WARNING, message=message))
