"""Signed notes: a text for people, and signatures of named keys under it (C2SP signed-note)."""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass

from meterkast.model.errors import PeerError

MAX_NOTE = 1 << 16
MAX_SIGNATURES = 64
_LINE = re.compile(r"— (?P<name>[^\s+]{1,256}) (?P<octets>[A-Za-z0-9+/]{7,8192}={0,2})")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSignature:
    """One line under a note.

    Attributes:
        name: whose key it is.
        key_id: four octets that tell the keys of one name apart; no proof of anything.
        octets: what the key made.
    """

    name: str
    key_id: bytes
    octets: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text, ending in a new line, and its signatures. It proves nothing until one of them is checked."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        """The octets as they are kept and sent."""
        lines = (f"— {each.name} {_text(each.key_id + each.octets)}\n" for each in self.signatures)
        return f"{self.text}\n{''.join(lines)}".encode()


def parse_note(octets: bytes) -> Note:
    """Reads a note.

    Raises:
        PeerError: ``note-malformed``.
    """
    if len(octets) > MAX_NOTE:
        raise _malformed("it is too long")
    try:
        text, separator, lines = octets.decode().rpartition("\n\n")
    except UnicodeDecodeError as cause:
        raise _malformed("it is not UTF-8") from cause
    if not separator or not text or not lines.endswith("\n") or _CONTROL.search(text):
        raise _malformed("text and signatures do not stand apart")
    signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
    if len(signatures) > MAX_SIGNATURES:
        raise _malformed("it has too many signatures")
    return Note(text=text + "\n", signatures=signatures)


def _signature(line: str) -> NoteSignature:
    match = _LINE.fullmatch(line)
    octets = octets_of(match["octets"]) if match else b""
    if match is None or len(octets) < 5:
        raise _malformed("a line under it is no signature")
    return NoteSignature(name=match["name"], key_id=octets[:4], octets=octets[4:])


def octets_of(text: str) -> bytes:
    """The octets behind base64, in the one form that encodes them; raises as ``parse_note`` does."""
    try:
        octets = b64decode(text, validate=True)
    except (NotBase64, ValueError) as cause:
        raise _malformed("it holds what is no base64") from cause
    if _text(octets) != text:
        raise _malformed("it holds base64 in a second form")
    return octets


def _text(octets: bytes) -> str:
    return b64encode(octets).decode("ascii")


def _malformed(cause: str) -> PeerError:
    return PeerError("note-malformed", f"These octets are no signed note: {cause}.")
