"""Keys that work where they are and do not leave: in files, in a PKCS#11 token, or sealed by one."""

from meterkast.outside.keystore.divided import DividedKeystore
from meterkast.outside.keystore.fresh import FreshContext
from meterkast.outside.keystore.handle import SigningHandle
from meterkast.outside.keystore.hybrid import HybridPublicKey
from meterkast.outside.keystore.keystore import Keystore
from meterkast.outside.keystore.kind import KeyKind
from meterkast.outside.keystore.opening import open_keystore
from meterkast.outside.keystore.pin import Pin, pin_in_environment, pin_in_file
from meterkast.outside.keystore.pkcs11 import Pkcs11Keystore
from meterkast.outside.keystore.sealed import SealedKeystore
from meterkast.outside.keystore.signer import Signer
from meterkast.outside.keystore.software import SoftwareKeystore

__all__ = [
    "DividedKeystore",
    "FreshContext",
    "HybridPublicKey",
    "KeyKind",
    "Keystore",
    "Pin",
    "Pkcs11Keystore",
    "SealedKeystore",
    "Signer",
    "SigningHandle",
    "SoftwareKeystore",
    "open_keystore",
    "pin_in_environment",
    "pin_in_file",
]
