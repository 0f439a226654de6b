"""Evidence that an entry is in a log, in one file that can be checked off line (C2SP tlog-proof)."""

import re
from base64 import b64encode
from dataclasses import dataclass

from meterkast.model.errors import PeerError
from meterkast.protocols.merkle.checkpoint import Checkpoint, read_checkpoint
from meterkast.protocols.merkle.hashing import HASH, leaf_hash
from meterkast.protocols.merkle.note import MAX_NOTE, octets_of
from meterkast.protocols.merkle.tile import MAX_ENTRY
from meterkast.protocols.merkle.tree_head import LogKey
from meterkast.protocols.merkle.verify import verify_inclusion

_MAGIC = "c2sp.org/tlog-proof@v1"
_MAX_PROOF = 64
_MAX = 2 * MAX_ENTRY + MAX_NOTE
_EXTRA, _INDEX = re.compile(r"extra (\S+)"), re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """An entry, its place, the way from there to the root, and the log's checkpoint with that root."""

    entry: bytes
    index: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def encode(self) -> str:
        """The file. The entry travels as its ``extra`` line."""
        hashes = "".join(f"{_text(each)}\n" for each in self.proof)
        head = f"{_MAGIC}\nextra {_text(self.entry)}\nindex {self.index}\n{hashes}\n"
        return head + self.checkpoint.decode()

    def verify(self, origin: str, key: LogKey) -> Checkpoint:
        """The checkpoint under which the entry is in this log.

        Raises:
            PeerError: ``note-malformed`` or ``checkpoint-malformed``.
            TrustError: ``checkpoint-untrusted`` or ``merkle-inclusion-wrong``.
        """
        checkpoint = read_checkpoint(self.checkpoint, origin, key)
        leaf = leaf_hash(self.entry)
        verify_inclusion(self.index, checkpoint.size, leaf, self.proof, checkpoint.root)
        return checkpoint


def parse_evidence(octets: bytes) -> Evidence:
    """Reads the file; it trusts nothing.

    Raises:
        PeerError: ``evidence-malformed`` or ``note-malformed``.
    """
    if len(octets) > _MAX:
        raise _malformed()
    try:
        head, separator, checkpoint = octets.decode().partition("\n\n")
    except UnicodeDecodeError as cause:
        raise _malformed() from cause
    lines = head.split("\n")
    if not separator or len(lines) < 3 or len(lines) > 3 + _MAX_PROOF or lines[0] != _MAGIC:
        raise _malformed()
    extra, index = _EXTRA.fullmatch(lines[1]), _INDEX.fullmatch(lines[2])
    proof = tuple(octets_of(line) for line in lines[3:])
    if extra is None or index is None or any(len(each) != HASH for each in proof):
        raise _malformed()
    entry = octets_of(extra[1])
    return Evidence(entry=entry, index=int(index[1]), proof=proof, checkpoint=checkpoint.encode())


def _text(octets: bytes) -> str:
    return b64encode(octets).decode("ascii")


def _malformed() -> PeerError:
    return PeerError("evidence-malformed", "The file is no proof that an entry is in a log.")
