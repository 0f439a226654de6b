"""What signs certificates, requests, lists and answers, whatever its algorithm."""

from meterkast.outside.keystore.handle import SigningHandle
from meterkast.outside.keystore.post_quantum import MlDsaHandle

Signer = SigningHandle | MlDsaHandle
"""Give it to a builder with its own hash: ``builder.sign(signer, signer.digest)``."""
