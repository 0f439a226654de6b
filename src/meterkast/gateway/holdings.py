"""Which of its certificates a gateway uses: the newest generation that has one.

A renewed key stands beside the one before, under a label with a number: ``sig``, then ``sig-g2``. It is made
first, and nobody uses it; the moment its certificate is in the keystore, everybody does. A gateway that is
killed in between goes on with the one or the other, and renewal goes on where it was.
"""

from meterkast.outside.keystore import Keystore
from meterkast.protocols.x509.generation import generations, nth
from meterkast.protocols.x509.purpose import Purpose


def current(keystore: Keystore, purpose: Purpose) -> str:
    """The label whose key and certificate are in use; that of the first one where there is none yet."""
    return (generations(keystore.certified(), purpose) or [purpose.value])[-1]


def upcoming(keystore: Keystore, purpose: Purpose) -> str:
    """The label of the next generation, which may have a key already and has no certificate."""
    return nth(purpose, len(generations(keystore.certified(), purpose)) + 1)
