"""The envelope: readings of one gateway, sealed for its operator and signed over the outer octets.

Own format, fixed binary, one encoding only (house decision 4; RQ-09, RQ-30). All numbers are big-endian::

    offset  octets  meaning
    0       4       magic "MKEV"
    4       1       version, 1
    5       1       signature algorithm: 1 = ECDSA P-256 with SHA-256, raw r and s, low s; 2 = ML-DSA-44
    6       1       sealing algorithm, 1 = HPKE MLKEM768_X25519, HKDF-SHA256, AES-256-GCM
    7       1       content algorithm, 1 = AES-256-GCM
    8       8       system title of the gateway
    16      8       key id of the signing certificate
    24      8       counter, rising per gateway
    32      8       created, Unix seconds
    40      1 + n   operator, 1 to 48 printable ASCII characters
            1       number of recipients, 1 to 4
            1176 k  recipients by rising key id: key id (8), sealed content key (1168)
            12      nonce
            4 + n   content and its tag
            n       signature over every octet before it: 64 octets by algorithm 1, 2420 by algorithm 2

The content key is sealed with the header as HPKE ``info``; header and recipients are the associated data of
the content. So no octet can change without the signature failing, and none before the nonce without the
opening failing too.
"""

from meterkast.protocols.envelope.algorithms import SignatureAlgorithm
from meterkast.protocols.envelope.envelope import Envelope, SealedKey, parse
from meterkast.protocols.envelope.header import Header
from meterkast.protocols.envelope.limits import MAX_OCTETS, MAX_RECIPIENTS
from meterkast.protocols.envelope.seal import RecipientKey, attach, seal
from meterkast.protocols.envelope.signature import algorithm_of

__all__ = [
    "MAX_OCTETS",
    "MAX_RECIPIENTS",
    "Envelope",
    "Header",
    "RecipientKey",
    "SealedKey",
    "SignatureAlgorithm",
    "algorithm_of",
    "attach",
    "parse",
    "seal",
]
