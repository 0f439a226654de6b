"""What is brought to a ceremony: a request of each authority, signed where its key lives, and wishes."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.outside.keystore import KeyKind, Keystore
from meterkast.pki.ceremony.wanted import WANTED, Wanted, parse_wanted
from meterkast.pki.log.files import write_whole
from meterkast.protocols.x509 import Rules
from meterkast.protocols.x509.generation import label_of


def make_requests(
    names: Iterable[str], keystore: Keystore, folder: Path, *, rules: Rules, now: datetime, tenant: str = ""
) -> list[Path]:
    """Makes the keys that are not there yet, as the rules now want them, and a request for each.

    Args:
        names: of the authorities, with their generations.
        keystore: theirs.
        folder: where ``NAME.csr`` is written, in PEM; made where it is not there.
        rules: profiles and algorithms.
        now: real time.
        tenant: whose they are; its short name stands before those of the files.

    Raises:
        LocalError, UnreachableError: as the keystore.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known, paths = keystore.labels(), []
    for name in names:
        if name not in known:
            keystore.generate(name, KeyKind(rules.key_to_make(rules.authorities[label_of(name)].keys, now)))
        signer = keystore.signer(name)
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        path = folder / (f"{tenant}.{name}.csr" if tenant else f"{name}.csr")
        path.write_bytes(builder.sign(signer, signer.digest).public_bytes(Encoding.PEM))
        paths.append(path)
    return paths


def want(folder: Path, wanted: Wanted) -> Wanted:
    """Writes down what is wanted of a root day, beside what was wanted already; gives all of it.

    Raises:
        DataError: as ``parse_wanted``.
    """
    path = folder / WANTED
    together = (parse_wanted(path.read_bytes()) if path.is_file() else Wanted()).beside(wanted)
    octets = together.encode()
    parse_wanted(octets)
    write_whole(path, octets)
    return together
