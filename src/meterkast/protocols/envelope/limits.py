"""Sizes of the envelope's fields, in octets, and the bounds that hold before anything is allocated."""

MAX_OCTETS = 1 << 20
MAX_RECIPIENTS = 4
MAX_OPERATOR = 48

KEY_ID = 8
CONTENT_KEY = 32
SEALED_KEY = 1088 + 32 + CONTENT_KEY + 16
RECIPIENT = KEY_ID + SEALED_KEY
NONCE = 12
TAG = 16
