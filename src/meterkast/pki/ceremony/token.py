"""The token of a ceremony: taken over with its first PINs, then opened by a quorum, for one session each."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from meterkast.model.errors import LocalError, TrustError, UnreachableError
from meterkast.outside.keystore import Pkcs11Keystore
from meterkast.outside.keystore.token import release

_log = logging.getLogger("meterkast.pki")

FirstPin = Callable[[], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPlace:
    """Where the token is.

    Attributes:
        module: the PKCS#11 library of its maker.
        label: its label.
        folder: where its certificates are kept.
        user_pin: asks for the PIN that it was initialised with.
        so_pin: asks for the PIN of its security officer.
    """

    module: Path
    label: str
    folder: Path
    user_pin: FirstPin
    so_pin: FirstPin


def take_token(place: TokenPlace, secret: bytes) -> str:
    """Gives the token PINs that follow from the shared secret, in place of its first ones.

    From here on nobody knows them but a quorum. Gives the token's serial number.

    Raises:
        UnreachableError: ``keystore-token-gone``.
        LocalError: ``keystore-pin-wrong``.
    """
    import pkcs11
    from pkcs11.exceptions import PinIncorrect, PinInvalid, PinLenRange, PKCS11Error

    release(place.module)
    try:
        token = pkcs11.lib(str(place.module)).get_token(token_label=place.label)
        user, officer = place.user_pin(), place.so_pin()
        with token.open(rw=True, user_pin=user) as session:
            session.set_pin(user, _pin(secret, "user"))
        with token.open(rw=True, so_pin=officer) as session:
            session.set_pin(officer, _pin(secret, "so"))
        return token.serial.decode("ascii", "replace")
    except (PinIncorrect, PinInvalid, PinLenRange) as cause:
        raise LocalError(
            "keystore-pin-wrong", "The token does not accept the PIN.", where=place.label
        ) from cause
    except PKCS11Error as cause:
        raise UnreachableError("keystore-token-gone", "The token is not there.", where=place.label) from cause


def open_token(place: TokenPlace, secret: bytes) -> Pkcs11Keystore:
    """The keystore in the token, for one session: where that is lost, nothing opens the token but a quorum.

    Raises:
        MeterkastError: as ``Pkcs11Keystore``, and at any use TrustError ``ceremony-session-lost``.
    """
    pins = iter((_pin(secret, "user"),))

    def once() -> str:
        for pin in pins:
            return pin
        _log.warning("ceremony-session-lost token=%s", place.label)
        raise TrustError("ceremony-session-lost", "The session with the token was lost.", where=place.label)

    release(place.module)
    return Pkcs11Keystore(place.module, place.label, once, place.folder)


def shows_its_keys(place: TokenPlace) -> bool:
    """Whether somebody without a PIN finds private keys in the token, as in one that was left open.

    Raises:
        UnreachableError: ``keystore-token-gone``.
    """
    import pkcs11
    from pkcs11.exceptions import PKCS11Error

    try:
        with pkcs11.lib(str(place.module)).get_token(token_label=place.label).open() as session:
            return any(session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY}))
    except PKCS11Error as cause:
        raise UnreachableError("keystore-token-gone", "The token is not there.", where=place.label) from cause


def _pin(secret: bytes, purpose: str) -> str:
    derive = HKDF(
        algorithm=hashes.SHA256(), length=16, salt=None, info=f"meterkast token pin {purpose}".encode()
    )
    return derive.derive(secret).hex()
