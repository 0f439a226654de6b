"""Reading a transcript as somebody who was not there: does it hold together, did the holders sign it?"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from meterkast.model.errors import DataError
from meterkast.model.finding import Finding, Severity
from meterkast.pki.ceremony.conduct import signed_octets
from meterkast.pki.ceremony.record import BEFORE, DONE, FAILED, NOTHING, OPENED, SIGNED, Record
from meterkast.pki.ceremony.script import Script, parse_script
from meterkast.pki.ceremony.transcript import read_records


def verify(path: Path, *, outputs: Path | None = None, before: Path | None = None) -> list[Finding]:
    """What is wrong with a transcript; nothing where it is whole, in order, and signed by enough holders.

    Args:
        path: the transcript.
        outputs: folder of what the ceremony made, to be compared too; None to skip that.
        before: the transcript of the ceremony before, of the same holders; None to skip that.

    Raises:
        DataError: ``transcript-unreadable`` or ``transcript-malformed``.
    """
    records = read_records(path)
    return [
        *_chain(records),
        *_order(records),
        *_signatures(records),
        *_succession(records, before),
        *(_outputs(records, outputs) if outputs is not None else ()),
    ]


def holders_keys(records: list[Record]) -> dict[str, Any]:
    """The public keys by which holders sign, hexadecimal, by name; as the first step has recorded them."""
    known = (record.details.get("holders") for record in records if record.event == DONE)
    return next((each for each in known if isinstance(each, dict)), {})


def _chain(records: list[Record]) -> Iterator[Finding]:
    previous, at = NOTHING, ""
    for line, record in enumerate(records, 1):
        if record.number != line - 1 or record.previous != previous:
            yield _wrong("transcript-chain-broken", "A record does not follow the one before it.", line)
        if record.at < at:
            yield _wrong("transcript-time-backwards", "A record is older than the one before it.", line)
        previous, at = record.digest, record.at


def _order(records: list[Record]) -> Iterator[Finding]:
    """The steps of the script, each done, in its order."""
    script = _script(records)
    if script is None:
        yield _wrong("transcript-without-script", "The transcript does not begin with its script.", 1)
        return
    named = records[0].details.get("holders")
    holders = {str(name) for name in named} if isinstance(named, list) else set()
    done = [record.step for record in records if record.event == DONE]
    wanted = [step.action for step in script.steps]
    if done != wanted:
        message = "The steps that were done are not those of the script, in its order."
        yield _wrong("transcript-incomplete", message, len(records))
    for line, record in enumerate(records, 1):
        step = next((each for each in script.steps if each.action == record.step), None)
        if record.event == DONE and step is not None:
            needed = script.holders if step.present == "all" else script.needs
            if len(holders.intersection(record.participants)) < needed or record.details.get(
                "checks"
            ) != list(step.checks):
                message = "A step was done with too few holders, or without its checks."
                yield _wrong("transcript-step-unchecked", message, line)
        if record.event == FAILED:
            code = record.details.get("code")
            message = f"A step failed ({code}) and was done again."
            yield Finding(code="transcript-step-failed", severity=Severity.INFO, message=message, line=line)


def _signatures(records: list[Record]) -> Iterator[Finding]:
    """Enough holders, by the keys that the first step has recorded, over the record before."""
    script, last = _script(records), records[-1] if records else None
    if script is None or last is None or last.event != SIGNED:
        yield _wrong("transcript-unsigned", "The holders have not signed the transcript.", len(records))
        return
    keys = holders_keys(records)
    given = last.details.get("signatures")
    signatures = given if isinstance(given, dict) else {}
    good = [name for name in signatures if _signed(last, name, signatures[name], keys.get(name))]
    bare = (last.step, last.inputs, last.outputs, set(last.details)) == ("", {}, {}, {"signatures"})
    if len(good) < script.needs or good != list(last.participants) or not bare:
        message = (
            f"{len(good)} holders have signed as they must; {script.needs} are needed, and nothing beside."
        )
        yield _wrong("transcript-signature-wrong", message, len(records))


def _succession(records: list[Record], before: Path | None) -> Iterator[Finding]:
    """A root day names the ceremony before it, and has the same holders."""
    named = records[0].inputs.get(BEFORE) if records else None
    if before is None:
        if named is not None:
            message = "It follows another ceremony; whether its holders are the same was not looked at."
            yield Finding(code="transcript-follows", severity=Severity.INFO, message=message, line=1)
        return
    earlier = read_records(before)
    same = holders_keys(earlier) == holders_keys(records)
    later = bool(records and earlier) and records[0].at >= earlier[-1].at
    if named != sha256(before.read_bytes()).hexdigest() or not same or not later:
        yield _wrong("transcript-out-of-turn", "It does not follow that ceremony, with the same holders.", 1)


def _signed(last: Record, name: str, signature: object, key: object) -> bool:
    if not (isinstance(signature, str) and isinstance(key, str) and name in last.participants):
        return False
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(bytes.fromhex(signature), signed_octets(last.previous, last.at))
    except (InvalidSignature, ValueError):
        return False
    return True


def _outputs(records: list[Record], folder: Path) -> Iterator[Finding]:
    """What was made is what stands there: the last that the transcript says of each."""
    made: dict[str, tuple[int, str]] = {}
    for line, record in enumerate(records, 1):
        made |= {name: (line, digest) for name, digest in record.outputs.items()}
    for name, (line, digest) in made.items():
        place = folder / name if Path(name).name == name else None
        if place is None or not place.is_file():
            yield _wrong("transcript-output-missing", f"What the ceremony made is not there: {name}.", line)
        elif sha256(place.read_bytes()).hexdigest() != digest:
            yield _wrong(
                "transcript-output-changed", f"What stands there is not what was made: {name}.", line
            )


def _script(records: list[Record]) -> Script | None:
    if not records or records[0].event != OPENED:
        return None
    text = records[0].details.get("script")
    try:
        script = parse_script(text) if isinstance(text, str) else None
    except DataError:
        return None
    return script if script is not None and records[0].inputs.get("script") == script.digest else None


def _wrong(code: str, message: str, line: int) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, message=message, line=line)
