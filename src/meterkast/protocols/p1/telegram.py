"""The telegram as text: identification, objects in their order, CRC (IEC 62056-21 mode D; DSMR P1 5.0.2, 6).

One broken line never costs the others: it becomes a finding with its number.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from meterkast.model.errors import DataError, LocalError, PeerError
from meterkast.model.finding import Finding, Severity
from meterkast.model.obis import Obis
from meterkast.protocols.p1.crc import crc16

MAXIMUM_SIZE = 65536
LONGEST_LINE = 2200
"""A message to the consumer has at most 1024 characters, two digits each (5.0.2, 6.12)."""

_START = re.compile(rb"^/", re.MULTILINE)
_ANY_START = re.compile(rb"/")
_END = "\n!"
_CRC_TEXT = re.compile(r"[0-9A-Fa-f]{1,4}")
_LINE = re.compile(r"([^()]*)((?:\([^()]*\))*)(\([^()]*)?")
_VALUE = re.compile(r"\(([^()]*)\)?")
_LONGEST_CODE = len("255-255:255.255.255*255")
_LONGEST_KEPT = 64
_UNWRITABLE = re.compile(r"[^\x20-\x7e]|[()!]")


class CrcVerdict(StrEnum):
    """What the CRC says of the telegram; before DSMR 4 there is none."""

    OK = "ok"
    BAD = "bad"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class P1Object:
    """One object: the code as printed, and its values as they stand between their brackets.

    Attributes:
        code: for example ``1-0:1.8.1``, or ``1-0:1.8.0*255`` where the meter prints group F.
        values: raw texts, continuation lines included.
        whole: no bracket is missing; where one is, the last value may be cut.
    """

    code: str
    values: tuple[str, ...]
    whole: bool = True

    @property
    def obis(self) -> Obis:
        """The code as a value."""
        return _obis(self.code) or Obis.parse(self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram:
    """A telegram as it was read.

    Attributes:
        ident: the first line, with its slash.
        objects: in the order of the telegram; a code may come twice.
        lines: where each object stands, counted from 1.
        crc_given: the CRC as printed; None where there is none.
        crc_calculated: over ``/`` to ``!``.
        findings: what was not as it should be.
        offset: octets in front of the slash.
        length: octets from the slash to the end of the line of the exclamation mark.
        ended: there is an exclamation mark. Without it nobody can say what is missing.
    """

    ident: str
    objects: tuple[P1Object, ...]
    lines: tuple[int, ...]
    crc_given: str | None
    crc_calculated: int
    findings: tuple[Finding, ...] = ()
    offset: int = 0
    length: int = 0
    ended: bool = True

    @property
    def crc(self) -> CrcVerdict:
        """Whether the telegram came through whole. Fewer than four digits lack their leading zeros."""
        if self.crc_given is None:
            return CrcVerdict.ABSENT if self.ended else CrcVerdict.BAD
        fits = _CRC_TEXT.fullmatch(self.crc_given) and int(self.crc_given, 16) == self.crc_calculated
        return CrcVerdict.OK if fits else CrcVerdict.BAD

    def first(self, *codes: str) -> P1Object | None:
        """The first object with one of these codes, the codes tried in their order."""
        for code in codes:
            for found in self.objects:
                if found.code == code:
                    return found
        return None


def parse(octets: bytes) -> Telegram:
    """Reads one telegram; octets in front of it and behind it become findings.

    Raises:
        PeerError: ``p1-start-missing``, ``p1-end-missing`` or ``p1-too-long``: there is no telegram here.
    """
    if len(octets) > MAXIMUM_SIZE:
        raise PeerError("p1-too-long", f"A P1 telegram has at most {MAXIMUM_SIZE} octets.")
    slash = _START.search(octets) or _ANY_START.search(octets)
    if slash is None:
        raise PeerError("p1-start-missing", "There is no slash: this is no P1 telegram.")
    start = slash.start()
    text = octets[start:].decode("latin-1")
    inside, mark, behind = text.partition(_END)
    ident, _, body = inside.partition("\n")
    first = octets.count(b"\n", 0, start) + 2
    objects, lines, findings = _objects(body, first)
    if not mark and not objects:
        raise PeerError("p1-end-missing", "There is no exclamation mark: the P1 telegram is cut off.")
    given, line_feed, _ = behind.partition("\n")
    checked = len(inside) + len(mark)
    read = Telegram(
        ident=ident.rstrip("\r"),
        objects=tuple(objects),
        lines=tuple(lines),
        crc_given=given.strip() or None,
        crc_calculated=crc16(octets[start : start + checked]),
        findings=tuple(findings),
        offset=start,
        length=checked + len(given) + len(line_feed),
        ended=bool(mark),
    )
    if read.crc is CrcVerdict.BAD:
        findings.append(_closing(read, first + body.rstrip("\r\n").count("\n") + 1))
    around = _around(octets, start, read.length)
    return replace(read, findings=(*around, *findings)) if findings or around else read


def emit(ident: str, objects: Iterable[tuple[str, Iterable[str]]], *, checked: bool = True) -> bytes:
    """A telegram with its CRC.

    Args:
        ident: the first line, with its slash: ``/XXX5...``.
        objects: code and values of each object, in their order; an empty code continues the line before.
        checked: with a CRC, as from DSMR 4 on.

    Raises:
        LocalError: ``p1-text-unwritable`` where a text holds brackets, an exclamation mark or what is not
            printable ASCII.
    """
    lines = [ident, ""]
    for code, values in objects:
        texts = list(values)
        if any(_UNWRITABLE.search(text) for text in (code, *texts)):
            raise LocalError("p1-text-unwritable", "A P1 value is printable ASCII without brackets.")
        lines.append(code + "".join(f"({text})" for text in texts))
    if not ident.startswith("/") or _UNWRITABLE.search(ident):
        raise LocalError(
            "p1-text-unwritable", "A P1 identification begins with a slash and is printable ASCII."
        )
    body = ("\r\n".join(lines) + "\r\n!").encode("ascii")
    return body + (f"{crc16(body):04X}\r\n" if checked else "\r\n").encode("ascii")


def _objects(body: str, first: int) -> tuple[list[P1Object], list[int], list[Finding]]:
    """The objects of the lines, the first of which has this number, and where they stand."""
    objects: list[P1Object] = []
    lines: list[int] = []
    findings = list(_blemishes(body, first)) if len(body) > LONGEST_LINE or not body.isascii() else []
    continuable = False
    for number, line in enumerate(body.replace("\r\n", "\n").split("\n"), first):
        if not line or not (text := line.strip()):
            continue
        read = _kept_object(text) if len(text) <= _LONGEST_KEPT else _object(text)
        if read is None or not (read.code or continuable):
            findings.append(_warning("p1-line-malformed", "The line is no object: passed over.", line=number))
            continuable = False
            continue
        continuable = True
        if read.code:
            objects.append(read)
            lines.append(number)
        else:
            objects[-1] = _continued(objects[-1], read)
        if not read.whole:
            findings.append(_warning("p1-bracket-missing", "The last bracket is missing.", line=number))
    findings.extend(_doubles(objects, lines))
    return objects, lines, findings


def _object(line: str) -> P1Object | None:
    """The object of one line; its code is empty where the line continues the one before."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    code, values, cut = match.groups()
    if not (values or cut) or (code and not is_obis(code)):
        return None
    if cut:
        return P1Object(code=code, values=tuple(_VALUE.findall(line)), whole=False)
    return P1Object(code=code, values=tuple(values[1:-1].split(")(")))


@lru_cache(maxsize=2048)
def _kept_object(line: str) -> P1Object | None:
    """Three lines in four say the same as a second ago: they are taken apart once."""
    return _object(line)


def _continued(begun: P1Object, rest: P1Object) -> P1Object:
    return replace(begun, values=begun.values + rest.values, whole=begun.whole and rest.whole)


def is_obis(code: str) -> bool:
    """Whether the text is an OBIS code."""
    return len(code) <= _LONGEST_CODE and _obis(code) is not None


@lru_cache(maxsize=1024)
def _obis(code: str) -> Obis | None:
    """The code as a value; a meter prints the same ones every second."""
    try:
        return Obis.parse(code)
    except DataError:
        return None


def _around(octets: bytes, start: int, length: int) -> list[Finding]:
    findings: list[Finding] = []
    if start:
        findings.append(_warning("p1-octets-before", "Octets stand in front of the telegram.", offset=0))
    if octets[start + length :].strip():
        findings.append(_warning("p1-octets-after", "Octets follow the telegram.", offset=start + length))
    return findings


def _blemishes(body: str, first: int) -> Iterator[Finding]:
    """Lines that are read, though no meter should print them."""
    for number, line in enumerate(body.split("\n"), first):
        if not line.isascii():
            yield _warning("p1-line-not-ascii", "The line holds what is not ASCII.", line=number)
        if len(line) > LONGEST_LINE:
            yield _warning("p1-line-too-long", f"The line is longer than {LONGEST_LINE}.", line=number)


def _doubles(objects: list[P1Object], lines: list[int]) -> Iterator[Finding]:
    """Codes that come again; both objects are kept."""
    if len({found.code for found in objects}) == len(objects):
        return
    seen: set[str] = set()
    for found, line in zip(objects, lines, strict=True):
        if found.code in seen:
            yield _warning("p1-object-double", "The object stands in the telegram twice.", line=line)
        seen.add(found.code)


def _closing(telegram: Telegram, line: int) -> Finding:
    """What is wrong with the last line."""
    if telegram.ended:
        return _warning("p1-crc-wrong", "The CRC is that of another telegram.", line=line)
    return _warning("p1-end-missing", "The exclamation mark is missing: it is cut off.", line=line)


def _warning(code: str, message: str, *, line: int | None = None, offset: int | None = None) -> Finding:
    return Finding(code=code, severity=Severity.WARNING, message=message, line=line, offset=offset)
