"""Requests in a folder or a zip archive, as a maker hands them in; certificates in a folder, to hand back."""

import re
import zipfile
from collections.abc import Mapping, Sequence, Set
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import DataError
from meterkast.model.identity import SystemTitle
from meterkast.pki.authority import DEVICE_PURPOSES
from meterkast.pki.issued import IssuedCertificate
from meterkast.protocols.x509 import Purpose
from meterkast.protocols.x509.foreign import request_octets

_SUFFIX = ".csr"
_NAME = re.compile(rf"(?P<title>[A-Z]{{3}}[0-9A-F]{{10}})\.(?P<purpose>{'|'.join(DEVICE_PURPOSES)})\.csr")
_MOST = 1 << 14


class RequestFolder:
    """``TITLE.PURPOSE.csr`` (DER or PEM) in, ``TITLE.PURPOSE.crt.pem`` out; what is out is not asked again.

    Args:
        place: folder, or zip archive, of the requests.
        out: folder of the certificates; made where it is not there.

    Raises:
        DataError: ``bulk-requests-unreadable``, or ``bulk-request-name`` for one that is of nobody.
    """

    def __init__(self, place: Path, out: Path) -> None:
        self._place = _opened(place)
        self._out = out
        self._named: dict[SystemTitle, list[Purpose]] = {}
        for name in sorted(each.name for each in self._place.iterdir() if each.name.endswith(_SUFFIX)):
            match = _NAME.fullmatch(name)
            if match is None:
                hint = "Call it after the gateway and the purpose, such as MKG0000000001.tls.csr."
                raise DataError("bulk-request-name", "A request is of nobody.", where=name, hint=hint)
            self._named.setdefault(SystemTitle.parse(match["title"]), []).append(Purpose(match["purpose"]))
        self._titles = list(self._named)
        out.mkdir(parents=True, exist_ok=True)

    def __len__(self) -> int:
        """How many gateways ask for something."""
        return len(self._titles)

    def titles(self, begin: int, count: int) -> list[SystemTitle]:
        """Some of them, in the order of their titles."""
        return self._titles[begin : begin + count]

    def requests(
        self,
        titles: Sequence[SystemTitle],
        waiting: Set[SystemTitle],  # noqa: ARG002 — an answer that never came out is asked for again
    ) -> Mapping[SystemTitle, Mapping[Purpose, bytes]]:
        """What they ask for, as far as the answer is not out."""
        wanted = {
            title: {
                purpose: self._read(f"{title}.{purpose}{_SUFFIX}")
                for purpose in self._named[title]
                if not self._answer(title, purpose).exists()
            }
            for title in titles
        }
        return {title: own for title, own in wanted.items() if own}

    def keep(self, issued: Sequence[IssuedCertificate]) -> None:
        """Writes certificates, each whole or not at all; what a crash loses is given again next time."""
        for each in issued:
            path = self._answer(SystemTitle.parse(each.holder), each.purpose)
            unfinished = path.with_suffix(".part")
            unfinished.write_bytes(each.certificate.public_bytes(Encoding.PEM))
            unfinished.replace(path)

    def _answer(self, title: SystemTitle, purpose: Purpose) -> Path:
        return self._out / f"{title}.{purpose}.crt.pem"

    def _read(self, name: str) -> bytes:
        with (self._place / name).open("rb") as file:
            octets: bytes = file.read(_MOST)
        return request_octets(octets)


def _opened(place: Path) -> Path | zipfile.Path:
    try:
        return place if place.is_dir() else zipfile.Path(zipfile.ZipFile(place))
    except (OSError, zipfile.BadZipFile) as cause:
        message = "The requests are neither a folder nor a zip archive."
        raise DataError("bulk-requests-unreadable", message, where=str(place)) from cause
