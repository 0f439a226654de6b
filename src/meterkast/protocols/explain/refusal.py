"""Why a message could not be explained to its end, with what could be said of it all the same."""

from meterkast.model.errors import DataError, TrustError
from meterkast.protocols.explain.document import Explanation


class KeyNeededError(DataError):
    """The message is encrypted and no key was given; ``explanation`` holds the layers readable without."""

    def __init__(self, explanation: Explanation) -> None:
        super().__init__(
            "key-needed",
            "The message is encrypted and no key was given.",
            hint="Give the meter's key with --key, and its authentication key, if any, with --auth-key.",
        )
        self.explanation = explanation


class TitleNeededError(DataError):
    """The message is encrypted and does not name its sender; ``explanation`` holds the layers around it."""

    def __init__(self, explanation: Explanation) -> None:
        super().__init__(
            "title-needed",
            "The message is encrypted and does not carry the system title of its sender.",
            hint="Give the whole exchange, from the association request on.",
        )
        self.explanation = explanation


class TagWrongError(TrustError):
    """The authentication tag does not hold; ``explanation`` holds the layers around it and no plaintext."""

    def __init__(self, explanation: Explanation) -> None:
        super().__init__(
            "security-tag-wrong",
            "The message does not hold against its authentication tag.",
            hint="The keys are not this meter's, or the message was altered.",
        )
        self.explanation = explanation
