"""Sealing: for the operator this gateway belongs to, and for nobody else."""

from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.gateway.holdings import current
from meterkast.gateway.settings import GatewaySettings
from meterkast.model.errors import LocalError, TrustError
from meterkast.outside.entropy import Entropy
from meterkast.outside.keystore import Keystore
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.envelope import Header, RecipientKey, SignatureAlgorithm, algorithm_of, attach, seal
from meterkast.protocols.x509.cache import PathCache
from meterkast.protocols.x509.identity import key_id, operator
from meterkast.protocols.x509.profile import RULES, Purpose, Rules
from meterkast.protocols.x509.recipient import recipient_key

_CONTENT_KEY, _NONCE = 32, 12
_OF_TIME = frozenset(("certificate-expired", "certificate-not-yet-valid", "certificate-revocation-unknown"))
"""What a gateway that is cut off, or whose clock is wrong, finds wrong with a certificate that is good."""


class Sealer:
    """Makes envelopes. Settings and trust folder decide who can open them."""

    def __init__(
        self,
        settings: GatewaySettings,
        keystore: Keystore,
        trust: TrustFolder,
        entropy: Entropy,
        rules: Rules = RULES,
    ) -> None:
        self._settings = settings
        self._keystore = keystore
        self._trust = trust
        self._paths = PathCache(trust, capacity=4, rules=rules)
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
        signing = current(self._keystore, Purpose.SIG)
        header = Header(
            gateway=self._settings.title,
            signer=key_id(self._keystore.certificate(signing)[0]),
            operator=self._settings.operator,
            counter=counter,
            created=created,
            signing=self._signing(signing),
        )
        outer = seal(
            header, self.recipients(now), payload, self._entropy(_CONTENT_KEY), self._entropy(_NONCE)
        )
        return attach(outer, self._keystore.sign(signing, outer))

    def _signing(self, label: str) -> SignatureAlgorithm:
        algorithm = algorithm_of(self._keystore.signer(label).public_key())
        if algorithm is None:
            raise LocalError("keystore-key-kind", "A key of this kind signs no envelopes.", where=label)
        return algorithm

    def recipients(self, now: datetime) -> list[RecipientKey]:
        """The operator, by the certificate it has published; raises as ``seal`` does.

        Sealing does not wait for a network or a clock: readings are stored and forwarded (RQ-07). Where the
        certificate cannot be judged by our own time it is judged by that of the youngest list that we hold.
        One that is on a list, or not of our roots, is refused at any time.
        """
        certificate, *chain = self._trust.operator_enc()
        der = certificate.public_bytes(Encoding.DER)
        try:
            self._paths.validate(der, now, Purpose.OPERATOR_ENC, chain=chain)
        except TrustError as error:
            if error.code not in _OF_TIME:
                raise
            known = [crl.last_update_utc for crl in self._trust.crls()]
            then = max([*known, certificate.not_valid_before_utc])
            self._paths.validate(der, then, Purpose.OPERATOR_ENC, chain=chain)
        if operator(certificate) != self._settings.operator:
            raise TrustError("recipient-foreign", "The encryption certificate is another operator's.")
        return [recipient_key(certificate)]
