"""When a certificate is to be followed by the next one."""

from datetime import datetime, timedelta

from cryptography import x509

RENEWAL_GRACE = timedelta(days=90)
"""So long after its end a certificate may renew (AT-09), and what it signed before may be handed in."""

_FROM = 2 / 3


def renewal_due(certificate: x509.Certificate) -> datetime:
    """The moment at which two thirds of a certificate's life are over (RQ-06)."""
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return begin + (end - begin) * _FROM
