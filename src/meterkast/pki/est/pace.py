"""How often one identity may ask (RQ-29): a device that has lost its way must not keep the authority busy."""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

from meterkast.model.errors import TrustError

TOO_OFTEN = "pki-too-often"


class Pace:
    """Counts what each identity asks for. Safe in threads; the identity asked about longest ago is forgotten.

    Args:
        most: requests of one identity within ``within``. An enrolment has three, and four attempts a day at
            a renewal have twelve.
        within: after which it is counted anew.
        capacity: how many identities are counted at once.
    """

    def __init__(
        self, most: int = 60, within: timedelta = timedelta(minutes=10), capacity: int = 1 << 16
    ) -> None:
        self._most = most
        self._within = within
        self._capacity = capacity
        self._counts: OrderedDict[bytes, tuple[datetime, int]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, identity: bytes, now: datetime) -> None:
        """Counts one more request; raises TrustError ``pki-too-often`` where there were enough."""
        with self._lock:
            began, count = self._counts.pop(identity, (now, 0))
            if not began <= now < began + self._within:
                began, count = now, 0
            self._counts[identity] = began, min(count, self._most) + 1
            if len(self._counts) > self._capacity:
                self._counts.popitem(last=False)
        if count >= self._most:
            raise TrustError(TOO_OFTEN, "The request is not accepted.")
