"""What protects the messages of one association, whichever form of protection it is (Green Book 9.2.7.2)."""

from typing import Protocol

from meterkast.model.errors import TrustError
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import Apdu


class Envelope(Protocol):
    """The protection of one association, on one side, from the AARQ to its end."""

    @property
    def title(self) -> bytes:
        """Our own system title."""
        ...

    @property
    def overhead(self) -> int:
        """Octets that protection adds at most."""
        ...

    def meet(self, title: bytes | None) -> None:
        """Takes the peer's system title.

        Raises:
            TrustError: ``security-title-wrong`` where it is missing, malformed, our own or not who we expect.
        """
        ...

    def dedicate(self, key: bytes) -> None:
        """From now on services go under this key, agreed in the InitiateRequest.

        Raises:
            TrustError: ``security-key`` where it does not fit.
        """
        ...

    def seal(self, plain: bytes, *, initiating: bool = False) -> bytes:
        """A message in protection; ``initiating`` for what belongs to the association itself.

        Raises:
            LocalError: ``security-service`` for a message that has no protected form.
        """
        ...

    def open(self, message: Apdu, *, initiating: bool = False) -> bytes:
        """The message inside, once its protection holds; what tells a repetition is kept then.

        Raises:
            TrustError: ``security-policy`` for less protection than agreed, none included, ``security-…`` and
                ``signature-wrong`` where it does not hold; nothing is kept then.
            PeerError: where the message has a form that does not exist.
        """
        ...


class Protecting(Protocol):
    """Settings of one side, of which each association makes an envelope."""

    def begin(self) -> Envelope:
        """The envelope of a new association."""
        ...


def open_initiate(envelope: Envelope, octets: bytes | None) -> bytes:
    """The InitiateRequest or -Response inside the user information of an association that opens.

    Raises:
        TrustError: ``security-policy`` where it is in the clear, or as for ``Envelope.open``.
        PeerError: ``apdu-…`` where it is no message.
    """
    return envelope.open(apdu.decode(octets or b""), initiating=True)


def in_the_clear() -> TrustError:
    """The error for a message that is not protected at all, or in another form than agreed."""
    return TrustError("security-policy", "The message is not protected as agreed.")
