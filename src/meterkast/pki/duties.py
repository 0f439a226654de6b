"""What a PKI does by itself, hour by hour: a duty that fails holds up no other, and is tried again."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from meterkast.model.errors import MeterkastError

_log = logging.getLogger("meterkast.pki")


class Duty(NamedTuple):
    """Something to be done every hour, and what the log calls it."""

    name: str
    fulfil: Callable[[datetime], object]


def fulfil(duties: Iterable[Duty], now: datetime) -> list[str]:
    """Does all of it, in order; gives the names of what failed.

    A fault of our own is caught as well: whoever calls this keeps the lists alive, and a week after the last
    list nobody believes anybody.
    """
    failed = []
    for duty in duties:
        try:
            duty.fulfil(now)
        except MeterkastError as error:  # such as a token that is gone: it comes back
            _log.error("pki-duty-failed duty=%s code=%s", duty.name, error.code)
        except Exception:
            _log.exception("pki-duty-failed duty=%s code=internal-fault", duty.name)
        else:
            continue
        failed.append(duty.name)
    return failed
