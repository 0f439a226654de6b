"""A process that appends and publishes for ever, and says on standard output what it was told is durable."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from meterkast.outside.keystore import SoftwareKeystore
from meterkast.pki.log import CertificateLog, LogIdentity
from pki_log.loghouse import ORIGIN, entries


def main(folder: Path) -> None:
    identity = LogIdentity.of(SoftwareKeystore(folder / "keystore"), "log", origin=ORIGIN)
    log = CertificateLog(folder / "log", identity, seen=folder / "seen")
    size = log.size
    while True:
        for count in (1, 7, 90):
            first = log.append(entries(count, begin=size, size=400))
            size += count
            sys.stdout.write(f"{first} {count}\n")
            sys.stdout.flush()
        log.publish(datetime.now(UTC))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
