"""Sealing: for the operator this gateway belongs to, and for nobody else."""

from datetime import datetime

from meterkast.gateway.settings import GatewaySettings
from meterkast.model.errors import TrustError
from meterkast.outside.entropy import Entropy
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.envelope import Header, RecipientKey, attach, seal
from meterkast.protocols.x509.identity import key_id, operator
from meterkast.protocols.x509.path import validate
from meterkast.protocols.x509.profile import Purpose
from meterkast.protocols.x509.recipient import recipient_key

SIGNING = "sig"
_CONTENT_KEY, _NONCE = 32, 12


class Sealer:
    """Makes envelopes. Settings and trust folder decide who can open them."""

    def __init__(
        self, settings: GatewaySettings, keystore: SoftwareKeystore, trust: TrustFolder, entropy: Entropy
    ) -> None:
        self._settings = settings
        self._keystore = keystore
        self._trust = trust
        self._entropy = entropy

    def seal(self, payload: bytes, *, counter: int, created: int, now: datetime) -> bytes:
        """The signed envelope.

        Args:
            payload: the content in clear.
            counter: spent in the journal already.
            created: Unix seconds of metering time.
            now: real time, by which certificates are judged.

        Raises:
            TrustError: ``certificate-…`` or ``recipient-foreign`` where the operator's certificate is not to
                be trusted; then nothing is sealed.
            LocalError: ``trust-missing`` or ``keystore-label-unknown``.
        """
        header = Header(
            gateway=self._settings.title,
            signer=key_id(self._keystore.certificate(SIGNING)[0]),
            operator=self._settings.operator,
            counter=counter,
            created=created,
        )
        outer = seal(
            header, self.recipients(now), payload, self._entropy(_CONTENT_KEY), self._entropy(_NONCE)
        )
        return attach(outer, self._keystore.sign(SIGNING, outer))

    def recipients(self, now: datetime) -> list[RecipientKey]:
        """The operator, by the certificate it has published; raises as ``seal`` does."""
        certificate, *chain = self._trust.operator_enc()
        trust = self._trust
        intermediates = [*chain, *trust.intermediates()]
        validate(certificate, intermediates, trust.anchors(), trust.crls(), now, Purpose.OPERATOR_ENC)
        if operator(certificate) != self._settings.operator:
            raise TrustError("recipient-foreign", "The encryption certificate is another operator's.")
        return [recipient_key(certificate)]
