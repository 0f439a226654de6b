"""Reading a certification request (PKCS#10, RFC 2986). It gives a key, with proof, and nothing else."""

from typing import cast

from cryptography import x509

from meterkast.model.errors import PeerError
from meterkast.pki.holder import Holder
from meterkast.pki.template import SigningPublicKey
from meterkast.protocols.x509.algorithm import is_written_plainly, key_algorithm
from meterkast.protocols.x509.foreign import read_request
from meterkast.protocols.x509.profile import Profile


def requested_key(der: bytes, profile: Profile, holder: Holder) -> SigningPublicKey:
    """The public key whose private half signed the request (RQ-04).

    The authority sets every field of the certificate. A request that asks for more than is its own, to be an
    authority or to bear another's name, is refused all the same; other wishes are not looked at (AT-15).

    Raises:
        PeerError: ``pki-request-malformed``, ``pki-request-proof``, ``pki-request-key`` or
            ``pki-request-presumptuous``.
    """
    try:
        request = read_request(der)
    except PeerError as cause:
        raise PeerError("pki-request-malformed", "The certification request cannot be read.") from cause
    if not request.is_proven:
        raise PeerError("pki-request-proof", "The request is not signed by the key it asks for.")
    if not _is_modest(request.extensions, holder):
        raise PeerError("pki-request-presumptuous", "The request asks for what is not its own.")
    key = request.key
    if key_algorithm(key) not in profile.keys or not is_written_plainly(key, request.signed):
        raise PeerError("pki-request-key", "The key is not of the kind that the profile wants.")
    return cast(SigningPublicKey, key)


def _is_modest(wishes: x509.Extensions, holder: Holder) -> bool:
    own = [holder.alternative]
    for wish in wishes:
        if isinstance(wish.value, x509.BasicConstraints) and wish.value.ca:
            return False
        names = list(wish.value) if isinstance(wish.value, x509.SubjectAlternativeName) else own
        if names != own:
            return False
    return True
