"""Class 18: a new image in blocks, then verified, then activated (Blue Book 4.4.6)."""

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import ClassVar, Final

from meterkast.model.errors import LocalError, TrustError
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import (
    Data,
    Kind,
    array,
    bit_string,
    boolean,
    double_long_unsigned,
    enum,
)
from meterkast.protocols.cosem.objects.image_store import Image, ImageStore
from meterkast.protocols.cosem.objects.parameters import fields, malformed, number, octet_string
from meterkast.protocols.cosem.objects.readable import ReadableObject
from meterkast.protocols.dlms.apdu import DataAccessResult
from meterkast.protocols.dlms.object_model import AccessDenied

IMAGE_TRANSFER: Final = Obis(0, 0, 44, 0, 0)
SIZE_LIMIT: Final = 64 << 20

_ENABLED: Final = 5
_NAME_LIMIT: Final = 64


class Status(IntEnum):
    """Attribute 6: how far a transfer has come."""

    NOT_INITIATED = 0
    INITIATED = 1
    VERIFICATION_INITIATED = 2
    VERIFICATION_SUCCESSFUL = 3
    VERIFICATION_FAILED = 4
    ACTIVATION_INITIATED = 5
    ACTIVATION_SUCCESSFUL = 6
    ACTIVATION_FAILED = 7


class ImageTransfer(ReadableObject):
    """Class 18, version 0. Blocks may come in any order and more than once; attributes 3 and 4 say what is
    missing, so a client resumes where a line or a device broke off.

    Nothing is activated that has not been verified in this object's life, and verifying needs all blocks.

    Args:
        store: keeps and judges the image.
        block_size: octets in every block but the last.
        size_limit: octets of the largest image that is taken.
        enabled: whether transfers are allowed at first; a client may change it where it may write.
        logical_name: the object's name.

    Raises:
        LocalError: ``image-block-size``.
    """

    class_id: ClassVar[int] = 18

    def __init__(
        self,
        store: ImageStore,
        *,
        block_size: int,
        size_limit: int = SIZE_LIMIT,
        enabled: bool = True,
        logical_name: Obis = IMAGE_TRANSFER,
    ) -> None:
        if block_size < 1:
            raise LocalError("image-block-size", "An image block has at least one octet.")
        self._store = store
        self._block_size = block_size
        self._size_limit = size_limit
        self._enabled = enabled
        self._verified: Sequence[Image] = ()
        self._status = Status.INITIATED if store.begun() else Status.NOT_INITIATED
        super().__init__(
            logical_name,
            {
                2: lambda: double_long_unsigned(block_size),
                3: self._present,
                4: lambda: double_long_unsigned(self._first_missing()),
                _ENABLED: lambda: boolean(self._enabled),
                6: lambda: enum(self._status),
                7: lambda: array(each.to_data() for each in self._verified),
            },
        )

    def write(self, attribute: int, value: Data) -> None:
        """Allows transfers, or ends them."""
        if attribute != _ENABLED:
            raise AccessDenied(DataAccessResult.READ_WRITE_DENIED)
        if value.kind is not Kind.BOOLEAN:
            raise malformed()
        self._enabled = value.value is True

    def invoke(self, method: int, parameters: Data | None = None) -> None:
        """Calls a method.

        Raises:
            AccessDenied: read-write-denied while transfers are not enabled or where it is not the method's
                turn, type-unmatched for parameters that do not fit, other-reason where the image does not
                hold.
        """
        methods: dict[int, Callable[[Data], None]] = {
            1: self._initiate,
            2: self._transfer,
            3: self._verify,
            4: self._activate,
        }
        called = methods.get(method)
        if called is None or not self._enabled:
            raise AccessDenied(DataAccessResult.READ_WRITE_DENIED)
        if parameters is None:
            raise malformed()
        called(parameters)

    def _initiate(self, parameters: Data) -> None:
        name, size = fields(parameters, 2)
        image = Image(identification=octet_string(name), size=number(size, Kind.DOUBLE_LONG_UNSIGNED))
        if not 0 < image.size <= self._size_limit or not 0 < len(image.identification) <= _NAME_LIMIT:
            raise malformed()
        self._status, self._verified = Status.NOT_INITIATED, ()
        self._store.begin(image)
        self._status = Status.INITIATED

    def _transfer(self, parameters: Data) -> None:
        place, block = fields(parameters, 2)
        wanted, octets = number(place, Kind.DOUBLE_LONG_UNSIGNED), octet_string(block)
        image = self._begun(Status.INITIATED, Status.VERIFICATION_FAILED)
        start = wanted * self._block_size
        if start >= image.size or len(octets) != min(self._block_size, image.size - start):
            raise malformed()
        self._store.put(wanted, octets)
        self._status = Status.INITIATED

    def _verify(self, parameters: Data) -> None:
        number(parameters, Kind.INTEGER)
        image = self._begun(Status.INITIATED, Status.VERIFICATION_FAILED, Status.VERIFICATION_SUCCESSFUL)
        if self._first_missing() < self._blocks(image):
            raise AccessDenied(DataAccessResult.OTHER_REASON)
        self._status, self._verified = Status.VERIFICATION_INITIATED, ()
        try:
            self._verified = tuple(self._store.verify())
        except TrustError:
            self._status = Status.VERIFICATION_FAILED
            raise AccessDenied(DataAccessResult.OTHER_REASON) from None
        self._status = Status.VERIFICATION_SUCCESSFUL

    def _activate(self, parameters: Data) -> None:
        number(parameters, Kind.INTEGER)
        self._begun(Status.VERIFICATION_SUCCESSFUL)
        self._status = Status.ACTIVATION_INITIATED
        try:
            self._store.activate()
        except TrustError:
            self._status = Status.ACTIVATION_FAILED
            raise AccessDenied(DataAccessResult.OTHER_REASON) from None
        self._status = Status.ACTIVATION_SUCCESSFUL

    def _begun(self, *turns: Status) -> Image:
        """The image that is coming in, where it is one of these turns."""
        image = self._store.begun()
        if image is None or self._status not in turns:
            raise AccessDenied(DataAccessResult.READ_WRITE_DENIED)
        return image

    def _blocks(self, image: Image | None) -> int:
        return 0 if image is None else -(-image.size // self._block_size)

    def _present(self) -> Data:
        kept = self._store.kept()
        return bit_string("".join("01"[place in kept] for place in range(self._blocks(self._store.begun()))))

    def _first_missing(self) -> int:
        kept, blocks = self._store.kept(), self._blocks(self._store.begun())
        return next((place for place in range(blocks) if place not in kept), blocks)
