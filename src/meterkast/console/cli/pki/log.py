"""``pki log``: the transparency log of every certificate issued."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import PROFILE, SITE, Profile, Site
from meterkast.console.cli.pki.opening import now, require_pki, tenants_of
from meterkast.console.cli.pki.witnesses import open_log_of
from meterkast.console.exits import Exit
from meterkast.model import deployment
from meterkast.model.errors import DataError, LocalError

if TYPE_CHECKING:
    from cryptography import x509

    from meterkast.pki.log import CertificateLog
    from meterkast.protocols.merkle import LogKey

LogKeyFile = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="Key of the log, or its certificate, in PEM.")
]
Trust = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Trust folder that vouches for the key of the log.")
]
_Certificate = Annotated[
    Path,
    typer.Argument(metavar="CERTIFICATE", help="A certificate, PEM or DER.", exists=True, dir_okay=False),
]


def add(group: typer.Typer) -> None:
    """Adds the commands."""
    log = typer.Typer(help="The transparency log: every certificate issued, provably and for good.")
    command(log, "create", examples=("meterkast pki log create --origin log.example/stadsnet",))(create)
    command(log, "publish", examples=("meterkast pki log publish --site ./site",))(publish)
    command(log, "status", examples=("meterkast pki log status --site ./site --json",))(status)
    command(log, "prove", examples=("meterkast pki log prove gateway.pem --out gateway.tlog-proof",))(prove)
    command(
        log, "verify", examples=("meterkast pki log verify gateway.pem gateway.tlog-proof --trust ./trust",)
    )(verify)
    command(log, "recover", examples=("meterkast pki log recover --mirror https://log.example/",))(recover)
    group.add_typer(log, name="log", no_args_is_help=True)


def create(
    answer: Answer,
    origin: Annotated[str, typer.Option(metavar="NAME", help="Its name for ever: a URL without its scheme.")],
    site: Site = SITE,
    after_loss: Annotated[
        bool,
        typer.Option("--after-loss", help="The log that there was is lost for good; this one follows it."),
    ] = False,
    profile: Profile = PROFILE,
) -> Exit:
    """Give the PKI its log, with everything in it that was issued so far, for every operator."""
    from meterkast.outside.trust import TrustFolder
    from meterkast.pki.log import catch_up, found_log
    from meterkast.pki.tenants import Tenants

    require_pki(site)
    founder, *others = Tenants(site / "pki", TrustFolder(site / "trust"), profile=profile).all()
    log = found_log(site / "pki", founder, origin=origin, now=now(), profile=profile, after_loss=after_loss)
    if sum(catch_up(log, each) for each in others):
        log.publish(now())
    answer.text(
        f"{origin} holds {log.size} certificates. Let any web server give out {log.published.folder}."
    )
    answer.document({"origin": origin, "size": log.size, "public": str(log.published.folder)})
    return Exit.DONE


def publish(answer: Answer, site: Site = SITE, profile: Profile = PROFILE) -> Exit:
    """Take in what waits, and what the register has beyond the log; sign the head of the tree."""
    from meterkast.pki.log import catch_up

    log = _log(site, profile)
    caught_up = sum(catch_up(log, each) for each in tenants_of(site, profile).all())
    checkpoint = log.publish(now())
    answer.text(f"{checkpoint.size} certificates are public.")
    if caught_up:
        answer.text(f"{caught_up} of them were in the register and not in the log.")
    answer.document(
        {
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            "at": _text(checkpoint.at),
            "caught_up": caught_up,
        }
    )
    return Exit.DONE


def status(answer: Answer, site: Site = SITE) -> Exit:
    """How much the log holds, how much of it is public, and how long the oldest has waited."""
    log = _log(site)
    checkpoint, waiting = log.checkpoint(), log.lag()
    published = checkpoint.size if checkpoint else 0
    oldest = _text(waiting[0].at) if waiting else None
    answer.document(
        {
            "origin": checkpoint.origin if checkpoint else None,
            "published": published,
            "root": checkpoint.root.hex() if checkpoint else None,
            "at": _text(checkpoint.at) if checkpoint else None,
            "waiting": len(waiting),
            "waiting_since": oldest,
        }
    )
    answer.text(f"published: {published}" + (f", at {_text(checkpoint.at)}" if checkpoint else ""))
    answer.text(f"waiting: {len(waiting)}" + (f", since {oldest}" if oldest else ""))
    return Exit.DONE


def prove(
    answer: Answer,
    certificate: _Certificate,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write it; else it is printed.")
    ] = None,
    site: Site = SITE,
) -> Exit:
    """Write the proof that a certificate is in the log; anybody checks it off line."""
    log, der = _log(site), _der(read_certificate(certificate))
    index = next((number for number, entry in enumerate(log.entries()) if entry.der == der), None)
    if index is None:
        raise LocalError(
            "log-entry-unknown", "The log does not hold this certificate.", where=str(certificate)
        )
    proof = log.evidence(index).encode()
    answer.document({"index": index, "proof": proof})
    if out is None:
        answer.text(proof.rstrip("\n"))
    else:
        out.write_text(proof, encoding="utf-8")
        answer.text(f"{out} shows that the certificate is entry {index}.")
    return Exit.DONE


def verify(
    answer: Answer,
    certificate: _Certificate,
    proof: Annotated[
        Path, typer.Argument(metavar="PROOF", help="What `log prove` wrote.", exists=True, dir_okay=False)
    ],
    key: LogKeyFile = None,
    trust: Trust = None,
) -> Exit:
    """Check off line that a certificate is in the log of this key."""
    from meterkast.model.errors import TrustError
    from meterkast.pki.log import decode_entry
    from meterkast.protocols.merkle import origin_of, parse_evidence

    evidence = parse_evidence(proof.read_bytes())
    checkpoint = evidence.verify(origin_of(evidence.checkpoint), chosen_key(key, trust))
    entry = decode_entry(evidence.entry)
    if entry.der != _der(read_certificate(certificate)):
        raise TrustError("log-proof-foreign", "The proof is about another certificate.", where=str(proof))
    answer.text(
        f"{checkpoint.origin} holds the certificate as entry {evidence.index}, logged {_text(entry.at)}."
    )
    answer.document(
        {
            "origin": checkpoint.origin,
            "index": evidence.index,
            "size": checkpoint.size,
            "logged": _text(entry.at),
            "operator": entry.operator,
        }
    )
    return Exit.DONE


def recover(
    answer: Answer,
    mirror: Annotated[
        str, typer.Option(metavar="PLACE", help="A copy that is up to date: a folder or a URL.")
    ],
    site: Site = SITE,
) -> Exit:
    """Bring a log that was restored from a backup up to what was published since."""
    from meterkast.outside.trust import TrustFolder
    from meterkast.pki.log import recover_log, source

    require_pki(site)
    checkpoint = recover_log(site / "pki", TrustFolder(site / "trust"), source(mirror), now())
    answer.text(f"The log is back at {checkpoint.size} entries.")
    answer.document({"size": checkpoint.size, "root": checkpoint.root.hex()})
    return Exit.DONE


def chosen_key(key: Path | None, trust: Path | None) -> "LogKey":
    """The key of a log as the options say.

    Raises:
        LocalError: ``log-key-unsaid`` where neither is given, or ``log-key-missing``.
        DataError, TrustError: as ``key_in_file`` and ``certified_key``.
    """
    from meterkast.outside.trust import TrustFolder
    from meterkast.pki.log import certified_key, key_in_file

    if key is not None:
        return key_in_file(key)
    if trust is not None:
        return certified_key(TrustFolder(trust), now())
    hint = "Give --trust DIR, or --key FILE with a key that you have by another way."
    raise LocalError(
        "log-key-unsaid", "A log is nothing without the key that it must have signed with.", hint=hint
    )


def read_certificate(path: Path) -> "x509.Certificate":
    """A certificate in PEM or DER.

    Raises:
        DataError: ``certificate-file-malformed``.
    """
    from cryptography import x509

    from meterkast.protocols.x509.foreign import HOSTILE

    octets = path.read_bytes()
    load = x509.load_pem_x509_certificate if octets.startswith(b"-----") else x509.load_der_x509_certificate
    try:
        return load(octets)
    except HOSTILE as cause:
        message = "The file holds no certificate."
        raise DataError("certificate-file-malformed", message, where=str(path)) from cause


def _log(site: Path, profile: deployment.Profile = PROFILE) -> "CertificateLog":
    require_pki(site)
    return open_log_of(site, profile)


def _der(certificate: "x509.Certificate") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)


def _text(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")
