"""What the consumer port shows at one instant: made by the application, checked before it leaves."""

from dataclasses import dataclass

from meterkast.model.errors import PeerError
from meterkast.protocols.p1.telegram import CrcVerdict, parse
from meterkast.protocols.x1.document import Document
from meterkast.protocols.x1.reading import decode

_MAX_TELEGRAM = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """One instant in both forms.

    Attributes:
        telegram: P1 5.0.2.
        line: X1, with its line feed.
        document: what stands in ``line``.
    """

    telegram: bytes
    line: bytes
    document: Document

    @classmethod
    def checked(cls, telegram: bytes, line: bytes) -> "Showing":
        """A showing of exactly one telegram and one document, and not one octet more.

        Raises:
            PeerError: ``telegram-malformed`` or ``document-malformed``.
        """
        _require_telegram(telegram)
        return cls(telegram=telegram, line=line, document=_document(line))


def _require_telegram(octets: bytes) -> None:
    wrong = PeerError("telegram-malformed", "The application shows what is no P1 telegram.")
    if len(octets) > _MAX_TELEGRAM:
        raise wrong
    try:
        telegram = parse(octets)
    except PeerError as error:
        raise wrong from error
    if telegram.crc is not CrcVerdict.OK or telegram.findings or telegram.length != len(octets):
        raise wrong


def _document(line: bytes) -> Document:
    """The document, where the line is the only one that says it: no room for anything beside."""
    wrong = PeerError("document-malformed", "The application shows what is no X1 document.")
    try:
        document = decode(line)
    except PeerError as error:
        raise wrong from error
    if document.encode() != line:
        raise wrong
    return document
