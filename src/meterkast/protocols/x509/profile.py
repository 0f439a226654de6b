"""Certificate profiles as data: one purpose, one key usage, one policy, one name each (RQ-01, RQ-02, RQ-03).

Object identifiers below 1.3.6.1.4.1.99999 are private and experimental; the arc is not registered::

    .1.N    certificate policy of purpose N      .2.N    extended key usage, where no standard one fits
    .3.1    hardware type: gateway

A leaf names exactly one policy. An issuing authority lists the policies it may use, so that an authority for
operators cannot vouch for a device and the other way round.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

ARC = "1.3.6.1.4.1.99999"
SUBJECT_ALT_PUBLIC_KEY = ObjectIdentifier("2.5.29.72")
"""X.509 (2019) 9.8.2: a second public key in the certificate; here the ML-KEM-768 half."""


class Purpose(StrEnum):
    """What a certificate may be used for. There is no certificate for two purposes."""

    BIRTH = "birth"
    TLS = "tls"
    SIG = "sig"
    ENC = "enc"
    TLS_SERVER = "tls-server"
    OPERATOR_ENC = "operator-enc"
    OPERATOR_ORDER = "operator-order"


class Identity(StrEnum):
    """How a certificate names its holder."""

    HARDWARE = "hardware-module-name"
    DNS = "dns-name"
    ORGANISATION = "organisation"


class Use(StrEnum):
    """The one key usage of a leaf."""

    SIGNATURE = "digital_signature"
    AGREEMENT = "key_agreement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the certificates of one purpose look like.

    Attributes:
        purpose: the purpose itself.
        policy: the one certificate policy.
        use: the one key usage, critical.
        extended: the one extended key usage, critical. Without one, TLS libraries take a certificate
            for key agreement as that of a client.
        identity: how the holder is named.
        hybrid: whether the key is X25519 + ML-KEM-768 instead of one on P-256.
        validity: how long it lives; None for ever (9999-12-31), for birth certificates alone.
    """

    purpose: Purpose
    policy: ObjectIdentifier
    use: Use
    extended: ObjectIdentifier
    identity: Identity
    hybrid: bool = False
    validity: timedelta | None = timedelta(days=730)


def _policy(number: int) -> ObjectIdentifier:
    return ObjectIdentifier(f"{ARC}.1.{number}")


def _usage(number: int) -> ObjectIdentifier:
    return ObjectIdentifier(f"{ARC}.2.{number}")


PROFILES: dict[Purpose, Profile] = {
    profile.purpose: profile
    for profile in (
        Profile(
            purpose=Purpose.BIRTH,
            policy=_policy(1),
            use=Use.SIGNATURE,
            extended=ExtendedKeyUsageOID.CLIENT_AUTH,
            identity=Identity.HARDWARE,
            validity=None,
        ),
        Profile(
            purpose=Purpose.TLS,
            policy=_policy(2),
            use=Use.SIGNATURE,
            extended=ExtendedKeyUsageOID.CLIENT_AUTH,
            identity=Identity.HARDWARE,
        ),
        Profile(
            purpose=Purpose.SIG,
            policy=_policy(3),
            use=Use.SIGNATURE,
            extended=_usage(3),
            identity=Identity.HARDWARE,
        ),
        Profile(
            purpose=Purpose.ENC,
            policy=_policy(4),
            use=Use.AGREEMENT,
            extended=_usage(4),
            identity=Identity.HARDWARE,
        ),
        Profile(
            purpose=Purpose.TLS_SERVER,
            policy=_policy(5),
            use=Use.SIGNATURE,
            extended=ExtendedKeyUsageOID.SERVER_AUTH,
            identity=Identity.DNS,
        ),
        Profile(
            purpose=Purpose.OPERATOR_ENC,
            policy=_policy(6),
            use=Use.AGREEMENT,
            extended=_usage(6),
            identity=Identity.ORGANISATION,
            hybrid=True,
        ),
        Profile(
            purpose=Purpose.OPERATOR_ORDER,
            policy=_policy(7),
            use=Use.SIGNATURE,
            extended=_usage(7),
            identity=Identity.ORGANISATION,
        ),
    )
}

DEVICE_POLICIES = tuple(PROFILES[purpose].policy for purpose in (Purpose.TLS, Purpose.SIG, Purpose.ENC))
OPERATOR_POLICIES = tuple(
    PROFILES[purpose].policy for purpose in (Purpose.TLS_SERVER, Purpose.OPERATOR_ENC, Purpose.OPERATOR_ORDER)
)
MANUFACTURER_POLICIES = (PROFILES[Purpose.BIRTH].policy,)
