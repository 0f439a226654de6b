"""New keys for a meter, wrapped under one it has (Green Book 9.2.5.2, AES key wrap of RFC 3394).

The wrapped keys go to method 2 of the security setup (class 64) as an array of key id and wrapped key.
"""

from collections.abc import Mapping

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.protocols.axdr import Data, Kind, array, enum, octets, structure
from meterkast.protocols.dlms.key_agreement import KeyId

_KEY_LENGTHS = (16, 32)


def wrap(master: bytes, key: bytes) -> bytes:
    """The key under the master key, 8 octets longer.

    Raises:
        LocalError: ``key-length`` where either is not 16 or 32 octets long.
    """
    if len(master) not in _KEY_LENGTHS or len(key) not in _KEY_LENGTHS:
        raise LocalError("key-length", "A key has 16 octets, in suite 2 32.")
    return aes_key_wrap(master, key)


def unwrap(master: bytes, wrapped: bytes) -> bytes:
    """The key inside.

    Raises:
        TrustError: ``key-unwrap`` whatever is wrong with it.
        LocalError: ``key-length`` where the master key does not have 16 or 32 octets.
    """
    if len(master) not in _KEY_LENGTHS:
        raise LocalError("key-length", "A key has 16 octets, in suite 2 32.")
    if len(wrapped) - 8 in _KEY_LENGTHS:
        try:
            return aes_key_unwrap(master, wrapped)
        except InvalidUnwrap:
            pass
    raise TrustError("key-unwrap", "A wrapped key does not hold under the master key.")


def transfer(master: bytes, keys: Mapping[KeyId, bytes]) -> Data:
    """What method 2 of the security setup takes."""
    wrapped = ((key_id, wrap(master, key)) for key_id, key in sorted(keys.items()))
    return array(structure((enum(key_id), octets(each))) for key_id, each in wrapped)


def transferred(master: bytes, parameters: Data | None) -> dict[KeyId, bytes]:
    """The keys that a client transfers; none of them, where one does not hold.

    Raises:
        PeerError: ``key-transfer`` where the parameters are not of the form, or name a key twice.
        TrustError: ``key-unwrap``.
    """
    keys: dict[KeyId, bytes] = {}
    for item in parameters.items if parameters is not None and parameters.kind is Kind.ARRAY else ():
        match [each.value for each in item.items]:
            case [int(number), bytes(wrapped)] if number in set(KeyId) - keys.keys():
                keys[KeyId(number)] = unwrap(master, wrapped)
            case _:
                raise _malformed()
    if not keys:
        raise _malformed()
    return keys


def _malformed() -> PeerError:
    return PeerError("key-transfer", "A key transfer is an array of key ids and wrapped keys.")
