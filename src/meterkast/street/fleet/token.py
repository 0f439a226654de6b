"""The token of the issuing authorities, which can be lost: a keystore whose keys answer or do not."""

from collections.abc import Callable
from typing import Any

from meterkast.model.errors import UnreachableError
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.keystore.signer import Signer


class LosableKeystore(SoftwareKeystore):
    """Stands in for a hardware token: while it is lost, its handles raise ``keystore-token-gone``."""

    is_lost = False

    def signer(self, label: str) -> Signer:
        """A handle that asks each time whether the token is there."""
        handle: Any = super().signer(label)
        guarded: Signer = type(handle)(handle.public_key(), self._guarded(handle.sign))
        return guarded

    def _guarded(self, sign: Callable[..., bytes]) -> Callable[..., bytes]:
        def ask(*given: object) -> bytes:
            if self.is_lost:
                raise UnreachableError("keystore-token-gone", "The token does not answer.")
            return sign(*given)

        return ask
