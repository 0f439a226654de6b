"""What authorities bring to a ceremony: a request each, signed where their keys live."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.outside.keystore import KeyKind, Keystore
from meterkast.protocols.x509 import Rules


def make_requests(
    labels: Iterable[str], keystore: Keystore, folder: Path, *, rules: Rules, now: datetime
) -> list[Path]:
    """Makes the keys that are not there yet, as the rules now want them, and a request for each.

    Args:
        labels: names of the authorities.
        keystore: theirs.
        folder: where ``LABEL.csr`` is written, in PEM; made where it is not there.
        rules: profiles and algorithms.
        now: real time.

    Raises:
        LocalError, UnreachableError: as the keystore.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known, paths = keystore.labels(), []
    for label in labels:
        if label not in known:
            keystore.generate(label, KeyKind(rules.key_to_make(rules.authorities[label].keys, now)))
        signer = keystore.signer(label)
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        path = folder / f"{label}.csr"
        path.write_bytes(builder.sign(signer, signer.digest).public_bytes(Encoding.PEM))
        paths.append(path)
    return paths
