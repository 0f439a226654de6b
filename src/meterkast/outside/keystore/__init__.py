"""Keys that work where they are and do not leave: a keystore in files."""

from meterkast.outside.keystore.fresh import FreshContext
from meterkast.outside.keystore.handle import SigningHandle
from meterkast.outside.keystore.hybrid import HybridPublicKey
from meterkast.outside.keystore.kind import KeyKind
from meterkast.outside.keystore.software import SoftwareKeystore

__all__ = ["FreshContext", "HybridPublicKey", "KeyKind", "SigningHandle", "SoftwareKeystore"]
