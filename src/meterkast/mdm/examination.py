"""Examination: from the octets of a message to blocks that may be stored, or to the reason why not."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography import x509
from sqlalchemy import Connection

from meterkast.mdm.assets import Asset, GatewayAssets, assets_of, certificate, is_registered, key_ids
from meterkast.mdm.packing import pack
from meterkast.mdm.reader import Reader
from meterkast.mdm.validation import Expectation, validate
from meterkast.model.block import MeterDayBlock
from meterkast.model.errors import DataError, LocalError, PeerError, TrustError
from meterkast.model.event import DeviceEvent
from meterkast.model.identity import SystemTitle
from meterkast.model.quality import Flag
from meterkast.outside.database import schema
from meterkast.outside.keystore import Keystore
from meterkast.protocols import x509 as certificates
from meterkast.protocols.block import Payload, decode_payload
from meterkast.protocols.envelope import Envelope, parse
from meterkast.protocols.x509 import PathCache, Purpose

_FLAGS = frozenset(flag.value for flag in Flag)

_LONG_AGO = timedelta(days=3650)
"""Of a certificate that ended since then it can still be said whose it was, if its authority still lives."""


class RefusedError(TrustError):
    """A message may not go into the store. ``where`` is the code of the error underneath, or a clue."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, "The envelope is not accepted.", where=detail)


class QuarantinedError(RefusedError):
    """The message is authentic, and may not go into the store before somebody has decided about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a message holds, verified, opened, decoded and validated.

    Attributes:
        gateway: system title of the sender, as text.
        counter: of the envelope.
        sha256: of the whole message.
        blocks: with the flags of validation.
        events: of the gateway and the devices behind it.
    """

    gateway: str
    counter: int
    sha256: bytes
    blocks: tuple[MeterDayBlock, ...]
    events: tuple[DeviceEvent, ...]


class Examiner:
    """Judges the messages of one batch by the register and the trust folder as they stand at its start.

    Args:
        connection: a transaction on the register.
        keystore: holds the operator's encryption keys.
        paths: judgements of certificates that still hold.
        now: real time.
    """

    def __init__(self, connection: Connection, keystore: Keystore, paths: PathCache, now: datetime) -> None:
        self._connection = connection
        self._reader = Reader(keystore)
        self._operator = self._reader.operator
        registered = key_ids(connection, self._operator, Purpose.OPERATOR_ENC)
        self._allowed = registered | self._reader.key_ids
        self._paths = paths
        self._now = now
        self._signers: dict[bytes, _Signer] = {}
        self._gateways: dict[str, GatewayAssets | None] = {}

    def examine(self, envelope: Envelope, *, released: bool = False) -> Delivery:
        """The content of an envelope, if it may be stored.

        Args:
            envelope: as it came.
            released: somebody has decided that it counts although its certificate is revoked or has ended.

        Raises:
            RefusedError: ``certificate-…``, ``envelope-…``, ``payload-malformed`` or ``device-medium-wrong``.
            QuarantinedError: ``certificate-revoked``, ``certificate-expired``, ``gateway-unknown``,
                ``device-unknown``, or ``device-elsewhere`` for a device that is registered behind another
                gateway.
            LocalError: ``intake-revocation-unknown`` where our own revocation lists are not current; the
                envelope is to be examined again once they are.
        """
        header = envelope.header
        signer = self._signer(header.signer)
        if signer.title != header.gateway:
            raise RefusedError("envelope-identity-mismatch")
        with _refused_as("envelope-signature-wrong"):
            envelope.verify(signer.key)
        if signer.doubt is not None and not released:
            raise QuarantinedError(signer.doubt)
        assets = self._assets(str(header.gateway))
        if envelope.sealing < assets.sealing_floor:
            raise RefusedError("envelope-below-floor")
        self._require_recipients(envelope, assets.operator)
        with _refused_as("envelope-not-opened"):
            content = self._reader.open(envelope)
        with _refused_as("payload-malformed"):
            payload = decode_payload(content)
        self._require_devices(payload, str(header.gateway), assets)
        return _delivery(envelope, payload, assets.devices)

    def _signer(self, key_id: bytes) -> "_Signer":
        if key_id not in self._signers:
            der = certificate(self._connection, key_id, Purpose.SIG)
            if der is None:
                raise RefusedError("certificate-unknown")
            self._signers[key_id] = self._validated(der)
        return self._signers[key_id]

    def _validated(self, der: bytes, grace: timedelta = timedelta(0)) -> "_Signer":
        try:
            validated = self._paths.validate(der, self._now, Purpose.SIG, tenant=self._operator, grace=grace)
        except TrustError as error:
            if error.code == "certificate-expired" and not grace:  # what waited too long is not lost
                ended = self._validated(der, _LONG_AGO)
                return replace(ended, doubt=ended.doubt or error.code)
            if error.code == "certificate-revoked":  # the last that is looked at: all else about it holds
                return _doubted(der, error.code)
            if error.code == "certificate-revocation-unknown":
                raise LocalError(
                    "intake-revocation-unknown",
                    "The revocation lists are not current.",
                    hint="Fetch them from the authority; the intake goes on by itself.",
                ) from error
            raise RefusedError(error.code) from error
        return _Signer(title=validated.title, key=validated.certificate.public_key())

    def _assets(self, gateway: str) -> GatewayAssets:
        if gateway not in self._gateways:
            self._gateways[gateway] = assets_of(self._connection, gateway)
        assets = self._gateways[gateway]
        if assets is None:
            raise QuarantinedError("gateway-unknown")
        return assets

    def _require_devices(self, payload: Payload, gateway: str, assets: GatewayAssets) -> None:
        """Whatever the payload is about hangs behind this gateway."""
        named = {block.device for block in payload.blocks}
        named |= {event.device for event in payload.events} - {gateway}
        for stranger in sorted(named - assets.devices.keys()):
            if is_registered(self._connection, stranger):
                raise QuarantinedError("device-elsewhere", stranger)
            raise QuarantinedError("device-unknown")

    def _require_recipients(self, envelope: Envelope, operator: str) -> None:
        """Only the operator may be able to open what concerns its customers (RQ-10)."""
        if not envelope.header.operator == operator == self._operator:
            raise RefusedError("envelope-recipient-foreign", "operator")
        if not {recipient.key_id for recipient in envelope.recipients} <= self._allowed:
            raise RefusedError("envelope-recipient-foreign", "recipient")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signer:
    """Whose key signs; ``doubt`` says why it does not count any more, where that is all against it."""

    title: SystemTitle | None
    key: object
    doubt: str | None = None


def _doubted(der: bytes, doubt: str) -> _Signer:
    certificate = x509.load_der_x509_certificate(der)
    return _Signer(title=certificates.system_title(certificate), key=certificate.public_key(), doubt=doubt)


def opened(octets: bytes) -> Envelope:
    """The envelope in a message, its outside read and nothing believed.

    Raises:
        RefusedError: ``envelope-malformed``.
    """
    with _refused_as("envelope-malformed"):
        return parse(octets)


@contextmanager
def _refused_as(code: str) -> Iterator[None]:
    try:
        yield
    except (PeerError, TrustError, DataError) as error:
        raise RefusedError(code, error.code) from error


def _delivery(envelope: Envelope, payload: Payload, devices: Mapping[str, Asset]) -> Delivery:
    gateway = str(envelope.header.gateway)
    for event in payload.events:
        _require_storable(event)
    return Delivery(
        gateway=gateway,
        counter=envelope.header.counter,
        sha256=sha256(envelope.encode()).digest(),
        blocks=tuple(_checked(block, devices[block.device]) for block in payload.blocks),
        events=payload.events,
    )


def _checked(block: MeterDayBlock, asset: Asset) -> MeterDayBlock:
    """The block with its flags, where it is of its device's medium and fits the store."""
    if block.medium != asset.medium:
        raise RefusedError("device-medium-wrong")
    if not _FLAGS.issuperset(block.flags):
        raise RefusedError("payload-malformed", "flag-unknown")
    with _refused_as("payload-malformed"):
        pack(block)
    return validate(block, Expectation(interval_data=True, phases=asset.phases, ampere=asset.ampere))


def _require_storable(event: DeviceEvent) -> None:
    if len(event.code) > schema.CODE_LENGTH or len(event.detail) > schema.DETAIL_LENGTH:
        raise RefusedError("payload-malformed", "event-too-long")
