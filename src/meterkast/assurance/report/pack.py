"""The answer pack: documents in both languages, the proof behind every footnote, a manifest, and signatures.

```
answers.nl.md   answers.nl.pdf   answers.en.md   answers.en.pdf   answers.json
evidence/<footnote>.json         what one sentence rests on
evidence/record.json             the signed evidence itself, for: meterkast assurance verify
manifest.json                    SHA-256 of every file, as an in-toto Statement
manifest.dsse.json               the same bytes, signed: by the tool, and by everybody who signs off
```
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import rfc8785

from meterkast import __version__
from meterkast.assurance.case.record import Record
from meterkast.assurance.case.signing import KeystoreSigner, PublicKey, opened, peek
from meterkast.assurance.report.document import Report
from meterkast.assurance.report.markdown import markdown
from meterkast.assurance.report.pdf import pdf, source
from meterkast.assurance.report.preparing import Prepared
from meterkast.assurance.report.shelf import MANIFEST, Pack, as_json, read, replace_envelope, write
from meterkast.assurance.report.signoff import PAYLOAD_TYPE, Roster, SignOff, countersigned, sign_off
from meterkast.assurance.report.words import Language
from meterkast.model.errors import DataError, LocalError, TrustError
from meterkast.model.finding import Finding, Severity

__all__ = ["Pack", "check", "make", "read", "sign", "signatories", "standing", "write"]

PREDICATE = "urn:meterkast:answer-pack:v1"


def make(
    prepared: Prepared,
    record: Record,
    *,
    languages: Sequence[Language] = tuple(Language),
    with_pdf: bool = True,
) -> Pack:
    """Everything that goes into a pack, past the sentinel, signed with the evidence key of the site.

    Raises:
        LocalError: ``report-extra-missing`` where a PDF is asked for and typst is not installed.
        TrustError: ``report-would-leak``.
    """
    files = dict(_files(prepared, languages, with_pdf=with_pdf))
    manifest = prepared.sentinel.pass_on(MANIFEST, _manifest(prepared, files))
    return Pack(files=files, manifest=manifest, envelope=record.sign(manifest, PAYLOAD_TYPE))


def check(pack: Pack, maker: Sequence[PublicKey] = ()) -> list[Finding]:
    """Everything that is wrong with a pack; nothing of severity error means that it is whole.

    Args:
        pack: as ``read`` gives it.
        maker: public keys of those whose packs are believed; without any, the list says that it is unpinned.
    """
    findings = []
    try:
        if peek(pack.envelope) != pack.manifest:
            findings.append(_finding("pack-manifest-foreign", "What was signed is not this manifest."))
        if maker:
            opened(pack.envelope, PAYLOAD_TYPE, maker)
        else:
            text = "The pack agrees with itself; nobody's key was given to compare its signature with."
            findings.append(_finding("pack-signer-unpinned", text, Severity.WARNING))
        listed = {each["name"]: each["digest"]["sha256"] for each in json.loads(pack.manifest)["subject"]}
    except (DataError, TrustError) as error:
        return [*findings, _finding(error.code, error.message)]
    except (KeyError, TypeError, ValueError, RecursionError):
        return [*findings, _finding("pack-malformed", "The manifest is not readable.")]
    for name in sorted(listed.keys() | pack.files.keys()):
        if name not in pack.files:
            findings.append(_finding("pack-file-missing", f"{name} is missing."))
        elif listed.get(name) != hashlib.sha256(pack.files[name]).hexdigest():
            findings.append(_finding("pack-file-changed", f"{name} is not the file that was signed."))
    return findings


def signatories(pack: Pack) -> tuple[str, ...]:
    """Who must sign, as the manifest says.

    Raises:
        DataError: ``pack-malformed``.
    """
    try:
        names = json.loads(pack.manifest)["predicate"]["signatories"]
        return tuple(str(name) for name in names)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise DataError("pack-malformed", "The manifest names no signatories.") from error


def standing(pack: Pack, roster: Roster) -> SignOff:
    """How far a pack is signed off: only where its files are those that were signed.

    Raises:
        TrustError: ``pack-changed``.
        DataError: as ``signatories``.
    """
    _whole(pack)
    return sign_off(pack.envelope, signatories(pack), roster)


def sign(path: Path, role: str, signer: KeystoreSigner, roster: Roster) -> SignOff:
    """Adds the signature of one signatory to a pack on disk, after checking that it is whole.

    Raises:
        LocalError: ``signatory-not-asked`` where the pack does not name this signatory.
        TrustError: ``pack-changed`` or ``signatory-key-foreign``.
    """
    pack = read(path)
    if role not in signatories(pack):
        asked = ", ".join(signatories(pack)) or "nobody"
        raise LocalError(
            "signatory-not-asked",
            "This pack does not ask for that signature.",
            where=role,
            hint=f"It asks for: {asked}.",
        )
    _whole(pack)
    roster.admit(role, signer.public_key)
    envelope = countersigned(pack.envelope, signer)
    replace_envelope(path, pack, envelope)
    return sign_off(envelope, signatories(pack), roster)


def _files(
    prepared: Prepared, languages: Sequence[Language], *, with_pdf: bool
) -> Iterator[tuple[str, bytes]]:
    """Every file, after the sentinel has seen what it is made of."""
    report, passed = prepared.report, prepared.sentinel.pass_on
    for language in languages:
        yield f"answers.{language}.md", passed(f"answers.{language}.md", markdown(report, language).encode())
        if with_pdf:
            passed(f"answers.{language}.pdf", source(report, language).encode())
            yield f"answers.{language}.pdf", pdf(report, language)
    yield "answers.json", passed("answers.json", as_json(report.to_dict()))
    for note in report.notes:
        name = f"evidence/{note.file}"
        yield name, passed(name, as_json(note.to_dict(report.audience)))
    if prepared.evidence is not None:
        name = "evidence/record.json"
        for entry in prepared.evidence["entries"]:
            passed(name, peek(entry["statement"]))
        passed(name, peek(prepared.evidence["summary"]))
        yield name, passed(name, as_json(prepared.evidence))


def _manifest(prepared: Prepared, files: Mapping[str, bytes]) -> bytes:
    report: Report = prepared.report
    subjects: list[dict[str, str | dict[str, str]]] = [
        {"name": name, "digest": {"sha256": hashlib.sha256(octets).hexdigest()}}
        for name, octets in sorted(files.items())
    ]
    return rfc8785.dumps(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": subjects,
            "predicateType": PREDICATE,
            "predicate": {
                "questions": report.id,
                "at": report.at.isoformat(),
                "madeAt": int(report.made_at),
                "audience": report.audience.value,
                "signatories": list(prepared.signatories),
                "recordIncluded": prepared.evidence is not None,
                "tool": f"meterkast {__version__}",
                "noLegalAdvice": True,
            },
        }
    )


def _whole(pack: Pack) -> None:
    wrong = [finding for finding in check(pack) if finding.severity is Severity.ERROR]
    if wrong:
        raise TrustError("pack-changed", wrong[0].message, hint="Make the pack anew, and sign that one.")


def _finding(code: str, message: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(code=code, severity=severity, message=message)
