"""What commands write: to a file, whole or refused with a reason, or to standard output."""

from pathlib import Path

from meterkast.console.cli.answer import Answer
from meterkast.console.exits import Exit
from meterkast.model.errors import DataError


def write(path: Path, octets: bytes) -> None:
    """Writes a file; what stood there before is gone.

    Raises:
        DataError: ``file-unwritable``.
    """
    try:
        path.write_bytes(octets)
    except OSError as error:
        raise DataError(
            "file-unwritable", f"The file cannot be written: {error.strerror}.", where=str(path)
        ) from error


def deliver(answer: Answer, text: str, path: Path | None) -> Exit:
    """To the file, or to standard output as it is; a machine that asks for JSON is told where it stands.

    Raises:
        DataError: ``file-unwritable``.
    """
    if path is None:
        if answer.as_json:
            answer.document({"text": text})
        else:
            answer.text(text.rstrip("\n"))
        return Exit.DONE
    octets = text.encode()
    write(path, octets)
    answer.document({"written": str(path), "octets": len(octets)})
    answer.note(f"written to {path}")
    return Exit.DONE
