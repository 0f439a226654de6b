"""How keys are named."""

import re

from meterkast.model.errors import LocalError

_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def require_label(label: str) -> str:
    """The label; LocalError ``keystore-label-malformed`` where it is none."""
    if _LABEL.fullmatch(label) is None:
        message = "A label is small letters, digits and hyphens."
        raise LocalError("keystore-label-malformed", message, where=repr(label))
    return label


def label_taken(label: str) -> LocalError:
    """The refusal to replace a key."""
    return LocalError("keystore-label-taken", "There is a key with this label already.", where=label)
