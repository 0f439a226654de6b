"""What a certificate is for, how it names its holder, and what its key may do."""

from enum import StrEnum


class Purpose(StrEnum):
    """What a certificate may be used for. There is no certificate for two purposes."""

    BIRTH = "birth"
    TLS = "tls"
    SIG = "sig"
    ENC = "enc"
    TLS_SERVER = "tls-server"
    OPERATOR_ENC = "operator-enc"
    OPERATOR_ORDER = "operator-order"
    OCSP = "ocsp"
    UPDATE = "update"
    LOG = "log"


class Identity(StrEnum):
    """How a certificate names its holder."""

    HARDWARE = "hardware-module-name"
    DNS = "dns-name"
    ORGANISATION = "organisation"


class Use(StrEnum):
    """The one key usage of a leaf."""

    SIGNATURE = "digital_signature"
    AGREEMENT = "key_agreement"
