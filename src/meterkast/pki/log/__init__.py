"""The transparency log: every certificate issued, for all to see and for nobody to take back (RQ-23)."""

from meterkast.pki.log.certificate_log import CertificateLog, LogIdentity, recover
from meterkast.pki.log.entry import LoggedCertificate, decode_entry
from meterkast.pki.log.key import certified_key, key_in_file
from meterkast.pki.log.reader import LogReader
from meterkast.pki.log.site_log import (
    catch_up,
    found_log,
    has_log,
    keep_log_certified,
    open_log,
    recover_log,
    witness_of,
)
from meterkast.pki.log.source import FolderSource, WebSource, source

__all__ = [
    "CertificateLog",
    "FolderSource",
    "LogIdentity",
    "LogReader",
    "LoggedCertificate",
    "WebSource",
    "catch_up",
    "certified_key",
    "decode_entry",
    "found_log",
    "has_log",
    "keep_log_certified",
    "key_in_file",
    "open_log",
    "recover",
    "recover_log",
    "source",
    "witness_of",
]
