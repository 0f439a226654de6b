"""Where a new image is kept while it comes in: the face of what stores, verifies and activates it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from meterkast.protocols.axdr import Data, double_long_unsigned, octets, structure


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image by its name and size in octets; ``signature`` is known once it has been verified."""

    identification: bytes
    size: int
    signature: bytes = b""

    def to_data(self) -> Data:
        """The entry of attribute 7."""
        return structure(
            (double_long_unsigned(self.size), octets(self.identification), octets(self.signature))
        )


class ImageStore(Protocol):
    """Keeps one image in blocks, durably. It outlives the object on the wire, and so a transfer goes on after
    a restart.

    Raises, every method: TrustError where the image does not hold, UnreachableError or OSError where the
    storage fails.
    """

    def begin(self, image: Image) -> None:
        """Forgets what there was and makes room."""
        ...

    def put(self, number: int, block: bytes) -> None:
        """Keeps a block; the same one again changes nothing."""
        ...

    def begun(self) -> Image | None:
        """The image that is coming in; None where there is none."""
        ...

    def kept(self) -> frozenset[int]:
        """Numbers of the blocks that are here."""
        ...

    def verify(self) -> Sequence[Image]:
        """What the whole image would put in force, once its signature holds."""
        ...

    def activate(self) -> None:
        """Puts it in force."""
        ...
