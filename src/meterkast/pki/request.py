"""Reading a certification request (PKCS#10, RFC 2986). It gives a key, with proof, and nothing else."""

from typing import cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from meterkast.model.errors import PeerError
from meterkast.model.identity import SystemTitle
from meterkast.pki.template import SigningPublicKey
from meterkast.protocols.x509.algorithm import is_written_plainly, key_algorithm
from meterkast.protocols.x509.identity import hardware_module_name
from meterkast.protocols.x509.profile import Profile


def requested_key(der: bytes, profile: Profile, title: SystemTitle) -> SigningPublicKey:
    """The public key whose private half signed the request (RQ-04).

    The authority sets every field of the certificate. A request that asks for more than is its own, to be an
    authority or to bear another's name, is refused all the same; other wishes are not looked at (AT-15).

    Raises:
        PeerError: ``pki-request-malformed``, ``pki-request-proof``, ``pki-request-key`` or
            ``pki-request-presumptuous``.
    """
    try:
        request = x509.load_der_x509_csr(der)
        proven = request.is_signature_valid
        key = request.public_key()
        modest = _is_modest(request.extensions, title)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension) as cause:
        raise PeerError("pki-request-malformed", "The certification request cannot be read.") from cause
    if not proven:
        raise PeerError("pki-request-proof", "The request is not signed by the key it asks for.")
    if not modest:
        raise PeerError("pki-request-presumptuous", "The request asks for what is not its own.")
    if key_algorithm(key) not in profile.keys or not is_written_plainly(key, request.tbs_certrequest_bytes):
        raise PeerError("pki-request-key", "The key is not of the kind that the profile wants.")
    return cast(SigningPublicKey, key)


def _is_modest(wishes: x509.Extensions, title: SystemTitle) -> bool:
    own: list[x509.GeneralName] = [hardware_module_name(title)]
    for wish in wishes:
        if isinstance(wish.value, x509.BasicConstraints) and wish.value.ca:
            return False
        names = list(wish.value) if isinstance(wish.value, x509.SubjectAlternativeName) else own
        if names != own:
            return False
    return True
