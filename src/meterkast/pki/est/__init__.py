"""Enrolment over Secure Transport (RFC 7030, 8951), sans-IO: a request and the time in, a response out."""

from meterkast.pki.est.server import EstServer

__all__ = ["EstServer"]
