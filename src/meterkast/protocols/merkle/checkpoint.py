"""Checkpoints: how large a log is and what its root is, signed by it, with the time (C2SP tlog-checkpoint).

The signature covers size, root and time, and not the origin: a log's key is used for one log only.
"""

import re
from base64 import b64encode
from dataclasses import dataclass

from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.protocols.merkle.hashing import HASH
from meterkast.protocols.merkle.note import Note, NoteSignature, octets_of, parse_note
from meterkast.protocols.merkle.tree_head import LogKey, Sign, key_id, sign_tree_head, signed_time

_ORIGIN = re.compile(r"[^\s+\x00-\x1f]{1,256}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The state of a log at a time.

    Attributes:
        origin: the name of the log, a URL without its scheme; at most 256 characters, no spaces, no plus.
        size: how many entries.
        root: the root over them.
        at: milliseconds since 1970, UTC.
    """

    origin: str
    size: int
    root: bytes
    at: int

    @property
    def text(self) -> str:
        """What people read."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode('ascii')}\n"


def sign_checkpoint(checkpoint: Checkpoint, key: LogKey, sign: Sign) -> bytes:
    """The checkpoint as it is published.

    Raises:
        LocalError: ``checkpoint-origin``, or ``checkpoint-key`` for a key that no log signs with.
    """
    origin = checkpoint.origin
    if _ORIGIN.fullmatch(origin) is None:
        raise LocalError("checkpoint-origin", "A log is named by a URL without its scheme, spaces or plus.")
    octets = sign_tree_head(checkpoint.size, checkpoint.root, checkpoint.at, key, sign)
    signature = NoteSignature(name=origin, key_id=key_id(origin, key), octets=octets)
    return Note(text=checkpoint.text, signatures=(signature,)).encode()


def read_checkpoint(octets: bytes, origin: str, key: LogKey) -> Checkpoint:
    """The checkpoint of this log, where its key has signed it. Signatures of others are passed by.

    Raises:
        PeerError: ``note-malformed`` or ``checkpoint-malformed``.
        TrustError: ``checkpoint-untrusted``: another log, no signature by this key, or a wrong one.
    """
    note = parse_note(octets)
    named, size, root = _body(note.text)
    mine = (origin, key_id(origin, key))
    signatures = [each.octets for each in note.signatures if (each.name, each.key_id) == mine]
    at = signed_time(signatures[0], size, root, key) if len(signatures) == 1 else None
    if named != origin or at is None:
        raise TrustError("checkpoint-untrusted", "The checkpoint is not accepted.")
    return Checkpoint(origin=origin, size=size, root=root, at=at)


def origin_of(octets: bytes) -> str:
    """Which log a checkpoint says it is of, unchecked.

    Raises:
        PeerError: ``note-malformed`` or ``checkpoint-malformed``.
    """
    return _body(parse_note(octets).text)[0]


def _body(text: str) -> tuple[str, int, bytes]:
    lines = text.split("\n")
    if len(lines) != 4 or not _ORIGIN.fullmatch(lines[0]) or not _SIZE.fullmatch(lines[1]):
        raise _malformed()
    root = octets_of(lines[2])
    if len(root) != HASH:
        raise _malformed()
    return lines[0], int(lines[1]), root


def _malformed() -> PeerError:
    return PeerError("checkpoint-malformed", "The note is no checkpoint of a log.")
