"""The public keys of a record: who signs evidence, who stamps the time, and which auditors are believed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from meterkast.assurance.case.signing import PublicKey, key_from_pem, key_to_pem
from meterkast.model.errors import DataError

EVIDENCE, CLOCK = "evidence", "clock"


@dataclass(frozen=True, slots=True)
class Keyring:
    """Public keys by the name of their holder; ``evidence`` and ``clock`` are the site's own."""

    keys: Mapping[str, PublicKey] = field(default_factory=dict)

    @classmethod
    def from_pems(cls, pems: Mapping[str, str]) -> "Keyring":
        """Reads what ``to_pems`` gave.

        Raises:
            DataError: ``evidence-key-malformed``.
        """
        return cls({name: key_from_pem(pem) for name, pem in pems.items()})

    def to_pems(self) -> dict[str, str]:
        """Every key as others can read it."""
        return {name: key_to_pem(key) for name, key in self.keys.items()}

    @property
    def evidence(self) -> PublicKey:
        """The key with which the site signs evidence; raises as ``clock`` does."""
        return self._named(EVIDENCE)

    @property
    def clock(self) -> PublicKey:
        """The key with which the site stamps the time.

        Raises:
            DataError: ``evidence-key-missing``.
        """
        return self._named(CLOCK)

    @property
    def signers(self) -> Iterable[PublicKey]:
        """Whose statements are believed: the site and its auditors, not the clock."""
        return [key for name, key in self.keys.items() if name != CLOCK]

    def holder(self, fingerprint: str) -> str:
        """Whose key that is; the fingerprint itself where nobody has it."""
        return next((name for name, key in self.keys.items() if key.keyid == fingerprint), fingerprint)

    def _named(self, name: str) -> PublicKey:
        if name not in self.keys:
            raise DataError("evidence-key-missing", f"The key named {name!r} is missing.")
        return self.keys[name]
