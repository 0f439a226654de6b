"""HTTP over mutual TLS, and plain HTTP for what is signed anyway: a small bounded server, one call out."""

from meterkast.outside.https.client import Ask, fetch, visit
from meterkast.outside.https.guests import Bounds
from meterkast.outside.https.message import ANSWER_LIMIT, BODY_LIMIT, Request, Response
from meterkast.outside.https.server import Handle, HttpServer

__all__ = [
    "ANSWER_LIMIT",
    "BODY_LIMIT",
    "Ask",
    "Bounds",
    "Handle",
    "HttpServer",
    "Request",
    "Response",
    "fetch",
    "visit",
]
