"""Certificates: what each kind must look like, whose they are, and whether to believe them (RFC 5280)."""

from meterkast.protocols.x509.cache import PathCache
from meterkast.protocols.x509.identity import key_id, operator, server_name, system_title
from meterkast.protocols.x509.path import ValidatedCertificate, validate
from meterkast.protocols.x509.profile import PROFILES, RULES, Profile, Purpose, Rules
from meterkast.protocols.x509.recipient import recipient_key

__all__ = [
    "PROFILES",
    "RULES",
    "PathCache",
    "Profile",
    "Purpose",
    "Rules",
    "ValidatedCertificate",
    "key_id",
    "operator",
    "recipient_key",
    "server_name",
    "system_title",
    "validate",
]
