"""What is asked over HTTP, and what is answered."""

from dataclasses import dataclass

BODY_LIMIT = 1 << 16
"""Of what a client sends."""
ANSWER_LIMIT = 1 << 21
"""Of what a server answers: authorities with post-quantum keys are large, and many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asks.

    ``peer`` is its TLS certificate in DER, ``group`` the group in which keys were agreed: None and empty over
    plain HTTP. ``address`` is where it calls from.
    """

    method: str
    path: str
    content_type: str = ""
    body: bytes = b""
    peer: bytes | None = None
    group: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What it gets."""

    status: int
    content_type: str = "text/plain"
    body: bytes = b""
