"""The operator's encryption keys: each generation opens what was sealed to it, for as long as it is there."""

from meterkast.outside.keystore import Keystore
from meterkast.protocols.envelope import Envelope
from meterkast.protocols.x509 import key_id, operator
from meterkast.protocols.x509.generation import generations

LABEL = "enc"
"""Of the first generation in the operator's keystore; then ``enc-g2``."""


class Reader:
    """All generations that have a certificate. Gateways seal to the newest as soon as they have heard of it.

    Args:
        keystore: of the operator.

    Attributes:
        operator: whose keys they are.
        key_ids: how envelopes name them.

    Raises:
        LocalError: ``keystore-label-unknown`` where there is none.
    """

    def __init__(self, keystore: Keystore) -> None:
        labels = generations(keystore.certified(), LABEL) or [LABEL]
        certificates = {label: keystore.certificate(label)[0] for label in labels}
        self._keystore = keystore
        self._labels = {key_id(certificate): label for label, certificate in certificates.items()}
        self.key_ids = frozenset(self._labels)
        self.operator = operator(certificates[labels[-1]])

    def open(self, envelope: Envelope) -> bytes:
        """The content of an envelope; raises as ``Envelope.open``, also where no key of ours is named."""
        named = [each.key_id for each in envelope.recipients if each.key_id in self._labels]
        own = (named or list(self._labels))[0]
        label = self._labels[own]
        return envelope.open(lambda sealed, info: self._keystore.unseal(label, sealed, info), own)
