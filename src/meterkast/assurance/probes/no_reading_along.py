"""Who can read what was sent? Try every key there is on every envelope, and look for readings in clear."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from meterkast.assurance.evidence import Observation
from meterkast.model.errors import MeterkastError
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.protocols.envelope import Envelope, parse
from meterkast.street.home import Home
from meterkast.street.street import Street

_PIECE = 16
_AES_KEY_LENGTHS = (16, 32)


@dataclass(frozen=True, slots=True)
class _Key:
    """A key somewhere in the system, and whose it is."""

    holder: str
    label: str
    keystore: SoftwareKeystore
    secret: bool


async def look(street: Street, home: Home) -> Observation:
    """Tries all keys on all envelopes of the street; searches wire, bus and journals for their content."""
    site = street.settings.site
    authorised = site / "mdm" / "keystore"
    del home  # what is on the bus is every home's
    envelopes = [parse(body) for body in street.centre.bodies()]
    outsiders = [key for key in _keys(site) if key.keystore.folder != authorised]
    reader = SoftwareKeystore(authorised)
    contents = [
        content
        for each in envelopes
        if (content := _open(each, _Key("operator", "enc", reader, secret=False)))
    ]
    found = sorted(
        {
            f"{key.holder} opens envelopes with its key {key.label}"
            for key in outsiders
            for each in envelopes
            if _open(each, key)
        }
    )
    clear = _in_clear(contents, _places(street, site))
    if clear:
        found.append(f"readings stand in clear in {clear}")
    if len(contents) < len(envelopes):
        found.append("the operator cannot open its own envelopes")
    tried = len(envelopes) * len(outsiders)
    detail = "; ".join(found) or (
        f"{len(envelopes)} envelopes, {len(outsiders)} keys of others tried on each: none opens; "
        "no reading in clear on wire, bus or journal"
    )
    return Observation(holds=not found, observed=tried if contents else 0, detail=detail)


def _keys(site: Path) -> Iterator[_Key]:
    """Every private and symmetric key in any keystore of the site."""
    folders = {
        path.parent for suffix in ("*.kem.pem", "*.secret", "*.key.pem") for path in site.rglob(suffix)
    }
    for folder in sorted(folders):
        keystore = SoftwareKeystore(folder)
        holder = str(folder.relative_to(site).parent)
        for path in sorted(folder.iterdir()):
            label, _, kind = path.name.partition(".")
            if kind in ("kem.pem", "secret"):
                yield _Key(holder, label, keystore, secret=kind == "secret")


def _open(envelope: Envelope, key: _Key) -> bytes | None:
    """The content, where the key opens it in any way we know."""
    if key.secret:
        return _open_symmetric(envelope, key.keystore.secret(key.label))
    for recipient in envelope.recipients:
        try:
            return envelope.open(
                lambda sealed, info: key.keystore.unseal(key.label, sealed, info), recipient.key_id
            )
        except MeterkastError:
            continue
    return None


def _open_symmetric(envelope: Envelope, secret: bytes) -> bytes | None:
    for length in _AES_KEY_LENGTHS:
        for start in range(0, len(secret) - length + 1, _AES_KEY_LENGTHS[0]):
            for associated in (None, b"", envelope.signed_octets[: -len(envelope.ciphertext) - 16]):
                try:
                    cipher = AESGCM(secret[start : start + length])
                    return cipher.decrypt(envelope.nonce, envelope.ciphertext, associated)
                except InvalidTag:
                    continue
    return None


def _places(street: Street, site: Path) -> Iterator[tuple[str, bytes]]:
    """Where somebody could read along: the wire, the bus, and the journals of gateways."""
    if street.centre.wiretap is not None:
        yield "the wire", bytes(street.centre.wiretap.seen)
    for path in sorted(site.glob("bus/bus.sqlite*")):
        yield "the bus", path.read_bytes()
    for path in sorted(site.glob("gateways/*/journal.sqlite*")):
        yield "a journal", path.read_bytes()


def _in_clear(contents: Iterable[bytes], places: Iterable[tuple[str, bytes]]) -> str:
    """The first place that holds a piece of any content; empty where none does."""
    pieces = {
        piece
        for content in contents
        for start in range(0, len(content) - _PIECE, _PIECE)
        if len(set(piece := content[start : start + _PIECE])) > _PIECE // 2
    }
    return next((name for name, octets in places if any(piece in octets for piece in pieces)), "")
