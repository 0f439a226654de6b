"""The rules this package ships, and the names by which the rest of the house knows them."""

from importlib import resources

from cryptography.x509.oid import ObjectIdentifier

from meterkast.protocols.x509.purpose import Identity, Purpose, Use
from meterkast.protocols.x509.rules import ARC, AuthorityProfile, Profile, Rules

__all__ = [
    "ARC",
    "AUTHORITIES",
    "DEVICE_POLICIES",
    "MANUFACTURER_POLICIES",
    "OPERATOR_POLICIES",
    "POST_QUANTUM_TEXT",
    "PROFILES",
    "RULES",
    "RULES_TEXT",
    "SUBJECT_ALT_PUBLIC_KEY",
    "AuthorityProfile",
    "Identity",
    "Profile",
    "Purpose",
    "Rules",
    "Use",
]

SUBJECT_ALT_PUBLIC_KEY = ObjectIdentifier("2.5.29.72")
"""X.509 (2019) 9.8.2: a second public key in the certificate; here the ML-KEM-768 half."""


def _text(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


RULES_TEXT = _text("rules.toml")
POST_QUANTUM_TEXT = _text("post-quantum.toml")
"""To be laid over ``RULES_TEXT``: the fleet on ML-DSA, without a line of code changed."""

RULES = Rules.parse(RULES_TEXT)
PROFILES = RULES.profiles
AUTHORITIES = RULES.authorities

DEVICE_POLICIES = AUTHORITIES["device"].policies
OPERATOR_POLICIES = AUTHORITIES["operator"].policies
MANUFACTURER_POLICIES = AUTHORITIES["maker"].policies
