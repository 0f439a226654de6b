"""Somebody who should not get in, and tries: the centre must take nothing from a key that does not count."""

from datetime import datetime
from secrets import token_bytes

from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.gateway.holdings import current
from meterkast.model.errors import PeerError, TrustError
from meterkast.outside.keystore import Keystore
from meterkast.protocols.envelope import Header, algorithm_of, attach, seal
from meterkast.protocols.x509 import Purpose, key_id, recipient_key
from meterkast.street.fleet.centre import Centre
from meterkast.street.fleet.days import Day, encode_days
from meterkast.street.fleet.gateway_life import GatewayLife
from meterkast.street.fleet.ledger import Ledger
from meterkast.street.fleet.plan import OPERATOR

_Key = tuple[Keystore, str]
_COUNTER = 1 << 40
_NEVER = 1 << 20
"""The number of a day that no gateway has."""


class Intruder:
    """Tries old, stolen and foreign keys."""

    def __init__(self, centre: Centre, ledger: Ledger) -> None:
        self._centre = centre
        self._ledger = ledger

    def with_revoked(self, life: GatewayLife, now: datetime) -> None:
        """Keys of a gateway that was decommissioned."""
        self._try("revoked", life.tls(), _forged(life, _signing(life), now), now)

    def with_ended(self, life: GatewayLife, now: datetime) -> None:
        """The first keys of a gateway, which ended years ago: at the door, and under an envelope."""
        first = life.stolen.certificate("tls")[0].public_bytes(Encoding.DER)
        self._try("ended-tls", first, _forged(life, _signing(life), now), now)
        self._try("ended-sig", life.tls(), _forged(life, (life.stolen, "sig"), now), now)

    def with_anothers(self, life: GatewayLife, other: GatewayLife, now: datetime) -> None:
        """One gateway's connection for another's envelope; and its TLS key to sign with."""
        self._try("anothers", life.tls(), _forged(other, _signing(other), now), now)
        crossed = life.keystore, current(life.keystore, Purpose.TLS)
        self._try("cross-purpose", life.tls(), _forged(life, crossed, now), now)

    def _try(self, how: str, peer: bytes, envelope: bytes, now: datetime) -> None:
        try:
            is_used = self._centre.take(peer, envelope, now) is None
        except (TrustError, PeerError):
            is_used = False
        if is_used:
            self._ledger.breach("intrusion-accepted", how)
        else:
            self._ledger.count("intrusions-refused")


def _signing(life: GatewayLife) -> _Key:
    return life.keystore, current(life.keystore, Purpose.SIG)


def _forged(life: GatewayLife, key: _Key, now: datetime) -> bytes:
    keystore, label = key
    algorithm = algorithm_of(keystore.signer(label).public_key())
    assert algorithm is not None
    header = Header(
        gateway=life.title,
        signer=key_id(keystore.certificate(label)[0]),
        operator=OPERATOR,
        counter=_COUNTER + int(now.timestamp()),
        created=int(now.timestamp()),
        signing=algorithm,
    )
    recipients = [recipient_key(life.trust.operator_enc()[0])]
    outer = seal(header, recipients, encode_days([Day(_NEVER)]), token_bytes(32), token_bytes(12))
    return attach(outer, keystore.sign(label, outer))
