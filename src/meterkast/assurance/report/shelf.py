"""Packs on disk: a folder or a zip, written whole or not at all, and never over what somebody signed."""

import io
import json
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from meterkast.model.errors import DataError, LocalError

MANIFEST, ENVELOPE = "manifest.json", "manifest.dsse.json"

_MAX_OCTETS = 256 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A pack in memory: its files by name, the manifest and the envelope not among them."""

    files: Mapping[str, bytes]
    manifest: bytes
    envelope: Mapping[str, Any]


def write(pack: Pack, out: Path) -> Path:
    """Writes a pack as a folder, or as a zip where the name ends so. An unsigned pack there is replaced.

    Raises:
        LocalError: ``pack-place-taken`` where something else is there, or a pack that somebody signed.
    """
    _check_free(out)
    everything = {**pack.files, MANIFEST: pack.manifest, ENVELOPE: as_json(pack.envelope)}
    draft = out.with_name(out.name + ".part")
    _remove(draft)
    draft.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".zip":
        draft.write_bytes(_zipped(everything))
    else:
        for name, octets in everything.items():
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(octets)
    _remove(out)
    return draft.rename(out)


def read(path: Path) -> Pack:
    """A pack from a folder or a zip, unchecked.

    Raises:
        DataError: ``pack-unreadable``.
    """
    try:
        files = dict(_stored(path))
        manifest = files.pop(MANIFEST)
        envelope = json.loads(files.pop(ENVELOPE))
    except (OSError, KeyError, ValueError, RecursionError, zipfile.BadZipFile) as error:
        raise DataError("pack-unreadable", "This is not an answer pack.", where=str(path)) from error
    return Pack(files=files, manifest=manifest, envelope=envelope)


def _stored(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file() and not file.is_symlink():
                yield file.relative_to(path).as_posix(), file.read_bytes()
        return
    with zipfile.ZipFile(path) as archive:
        if sum(info.file_size for info in archive.infolist()) > _MAX_OCTETS:
            raise ValueError("too large")
        for info in archive.infolist():
            yield str(PurePosixPath(info.filename)), archive.read(info)


def replace_envelope(path: Path, pack: Pack, envelope: Mapping[str, Any]) -> None:
    """Puts another envelope around the same files, in one step."""
    if path.is_dir():
        draft = path / f"{ENVELOPE}.part"
        draft.write_bytes(as_json(envelope))
        draft.replace(path / ENVELOPE)
        return
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(_zipped({**pack.files, MANIFEST: pack.manifest, ENVELOPE: as_json(envelope)}))
    draft.replace(path)


def _check_free(out: Path) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    try:
        countersignatures = len(read(out).envelope["signatures"]) - 1
    except (DataError, KeyError, TypeError):
        countersignatures = -1
    if countersignatures:
        what = "A pack that was signed is there" if countersignatures > 0 else "Something else is there"
        raise LocalError("pack-place-taken", f"{what} already.", where=str(out), hint="Choose another --out.")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """The same files always give the same octets."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), octets, zipfile.ZIP_DEFLATED)
    return into.getvalue()


def as_json(document: Mapping[str, Any]) -> bytes:
    """The same document always gives the same octets."""
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
