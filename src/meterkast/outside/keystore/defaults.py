"""Keys and PINs that everybody knows: they stand in manuals, standards and sample code (AT-45)."""

from meterkast.model.errors import TrustError

_PINS = frozenset(
    {"0000", "1111", "1234", "12345", "123456", "12345678", "00000000", "userpin", "password", "changeme"}
)
"""What tokens come with, what manuals give as an example, and what people type first."""

_SECRETS = frozenset(
    bytes.fromhex(key)
    for key in (
        "000102030405060708090A0B0C0D0E0F",  # encryption key of the examples of the DLMS Green Book
        "D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF",  # authentication key of the same
        "00112233445566778899AABBCCDDEEFF",
        "0123456789ABCDEF0123456789ABCDEF",
        "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F",
    )
)


def require_own_pin(pin: str) -> None:
    """Raises TrustError ``keystore-pin-default`` for a PIN that everybody tries first."""
    if pin.casefold() in _PINS:
        raise TrustError(
            "keystore-pin-default", "The token's PIN is one that everybody knows.", hint="Change the PIN."
        )


def require_own_secret(secret: bytes, label: str) -> None:
    """Raises TrustError ``keystore-secret-default`` for a key out of a book, or of one octet repeated."""
    half = len(secret) // 2
    parts = secret, secret[:half], secret[half:]  # a module's pairing key is two keys in one
    if any(part in _SECRETS or len(set(part)) < 2 for part in parts):
        message = "A local key is one that everybody knows."
        raise TrustError("keystore-secret-default", message, where=label, hint="Give the device its own key.")
