"""Which of its certificates a gateway uses, the newest generation that has one, and which it needs no more.

A renewed key stands beside the one before, under a label with a number: ``sig``, then ``sig-g2``. It is made
first, and nobody uses it; the moment its certificate is in the keystore, everybody does. A gateway that is
killed in between goes on with the one or the other, and renewal goes on where it was. Old generations are
destroyed in the end. The newest never is, so that numbers only rise, and no label is ever used twice.
"""

from datetime import datetime

from meterkast.outside.keystore import Keystore
from meterkast.protocols.x509.generation import following, generations, newest
from meterkast.protocols.x509.purpose import Purpose
from meterkast.protocols.x509.renewal import RENEWAL_GRACE


def current(keystore: Keystore, purpose: Purpose) -> str:
    """The label whose key and certificate are in use; that of the first one where there is none yet."""
    return newest(keystore.certified(), purpose)


def upcoming(keystore: Keystore, purpose: Purpose) -> str:
    """The label of the next generation, which may have a key already and has no certificate."""
    return following(keystore.certified(), purpose)


def spent(keystore: Keystore, purpose: Purpose, now: datetime) -> list[str]:
    """Labels of generations that are good for nothing any more.

    A newer one is in use, and the certificate ended longer ago than it might renew. What such a key has
    signed stays signed. Nothing is sealed to a gateway's own ``enc`` so far; once something is, it has had
    until then to arrive.
    """
    return [
        label
        for label in generations(keystore.certified(), purpose)[:-1]
        if now > keystore.certificate(label)[0].not_valid_after_utc + RENEWAL_GRACE
    ]
