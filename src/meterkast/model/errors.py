"""Errors, sorted by whose fault they are.

Every error carries a stable ``code`` (kebab-case, for machines and for searching), one sentence of cause,
the place (offset, field or line) and one sentence of remedy. The console maps each class to one exit code;
nothing in between translates.
"""


class MeterkastError(Exception):
    """Root of all errors that Meterkast raises on purpose.

    Attributes:
        code: stable identifier such as ``hdlc-fcs-wrong``; never reworded once released.
        message: one sentence of cause, without personal data, keys or plaintext.
        where: offset, field, file or line, where one is known.
        hint: one sentence of remedy.
    """

    def __init__(self, code: str, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.where = where
        self.hint = hint

    def to_dict(self) -> dict[str, str | None]:
        """The error as the command line contract prints it: ``code``, ``message``, ``where``, ``hint``."""
        return {"code": self.code, "message": self.message, "where": self.where, "hint": self.hint}


class LocalError(MeterkastError):
    """We were used wrongly: a call in the wrong state, a missing setting, an unusable keystore."""


class PeerError(MeterkastError):
    """The other side sent what the protocol does not allow. Any bytes may lead here and to nothing else."""


class DataError(MeterkastError):
    """A file, an argument or a stored record does not say what it should."""


class TrustError(MeterkastError):
    """Refused for security: identity, signature, key, right or freshness does not hold."""


class UnreachableError(MeterkastError):
    """The peer does not answer, or not in time."""
