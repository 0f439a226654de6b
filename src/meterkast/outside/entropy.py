"""Randomness, as something that is handed in."""

import secrets
from collections.abc import Callable

Entropy = Callable[[int], bytes]
"""Gives so many unpredictable octets."""

system_entropy: Entropy = secrets.token_bytes
