"""A rehearsal: the same script, code and checks, with people and time from a seed, and a token in SoftHSM.

Two rehearsals with one seed have the same transcript but for the keys, which the token makes, and what
follows from them: certificates, lists and hashes. Nothing that comes out of a rehearsal may be used.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256, shake_256
from pathlib import Path

from meterkast.model.errors import DataError
from meterkast.outside.entropy import Entropy
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.pki.authority import ISSUING
from meterkast.pki.ceremony.outcome import CeremonyOutcome
from meterkast.pki.ceremony.people import Roster
from meterkast.pki.ceremony.reading import read_outcome
from meterkast.pki.ceremony.requests import make_requests, want
from meterkast.pki.ceremony.script import Script, Step
from meterkast.pki.ceremony.softhsm import new_token, softhsm, tokens_in
from meterkast.pki.ceremony.stage import CARDS, Stage, pem
from meterkast.pki.ceremony.token import TokenPlace
from meterkast.pki.ceremony.transcript import held_already
from meterkast.pki.ceremony.wanted import Applicant, Wanted
from meterkast.pki.founding import short_name
from meterkast.protocols.x509 import RULES
from meterkast.protocols.x509.generation import nth, number_of

BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_PACE = timedelta(minutes=1)
_MONTHS = timedelta(days=350)
_LABEL, _TOKEN = "rehearsal", "token"
_JOINING = "Rehearsed operator"


class RehearsedPeople:
    """People who say what a seed says. Who is ``absent`` does not come; who is ``mistaken`` has forgotten."""

    def __init__(self, seed: str, *, tell: Callable[[Step], None] = lambda _: None) -> None:
        self._seed = seed
        self._tell = tell
        self.absent: set[str] = set()
        self.mistaken: set[str] = set()
        self.read_out: list[str] = []

    def announce(self, step: Step) -> None:
        """Tells what comes now to whoever watches the rehearsal."""
        self._tell(step)

    def agree(self, wishes: Sequence[str]) -> None:
        """Nobody objects; what was read out is kept."""
        self.read_out = list(wishes)

    def present(self, holders: tuple[str, ...]) -> tuple[str, ...]:
        """All that are not absent."""
        return tuple(name for name in holders if name not in self.absent)

    def new_passphrase(self, holder: str) -> str:
        """Another one for each holder."""
        return sha256(f"{self._seed}/{holder}".encode()).hexdigest()[:24]

    def passphrase(self, holder: str) -> str:
        """The same again, or not."""
        return self.new_passphrase(f"not {holder}" if holder in self.mistaken else holder)


def rehearsed_entropy(seed: str) -> Entropy:
    """The same octets for the same seed, call by call. For rehearsals alone."""
    count = 0

    def draw(octets: int) -> bytes:
        nonlocal count
        count += 1
        return shake_256(f"meterkast rehearsal/{seed}/{count}".encode()).digest(octets)

    return draw


def rehearsed_clock(begin: datetime = BEGIN) -> Callable[[], datetime]:
    """Virtual time: a minute passes whenever somebody looks."""
    now = begin

    def look() -> datetime:
        nonlocal now
        now += _PACE
        return now

    return look


def rehearsed_roster(script: Script) -> Roster:
    """Invented names."""
    holders = tuple(f"Holder {number}" for number in range(1, script.holders + 1))
    return Roster(holders=holders, roles={role: role.capitalize() for role in script.roles})


@contextmanager
def rehearsal(
    folder: Path,
    script: Script,
    *,
    operator: str,
    seed: str,
    module: Path | None = None,
    tell: Callable[[Step], None] = lambda _: None,
) -> Iterator[Stage]:
    """A stage for a rehearsal in this folder, with a SoftHSM token that exists as long as the block lasts.

    Raises:
        LocalError: ``ceremony-softhsm-missing``, or ``ceremony-held-already`` where the folder is not empty.
    """
    _require_empty(folder)
    library = module or softhsm()
    requests = folder / "requests"
    keys = SoftwareKeystore(folder / "issuing")
    make_requests(script.authorities, keys, requests, rules=RULES, now=BEGIN)
    with tokens_in(folder / _TOKEN, library):
        user, officer = new_token(_LABEL, library)
        yield Stage(
            folder=folder,
            operator=operator,
            script=script,
            roster=rehearsed_roster(script),
            people=RehearsedPeople(seed, tell=tell),
            place=TokenPlace(
                module=library,
                label=_LABEL,
                folder=folder / "root",
                user_pin=lambda: user,
                so_pin=lambda: officer,
            ),
            requests=requests,
            is_rehearsal=True,
            clock=rehearsed_clock(),
            entropy=rehearsed_entropy(seed),
        )


@contextmanager
def rehearsed_day(
    folder: Path,
    script: Script,
    *,
    before: Path,
    seed: str,
    requests: Path | None = None,
    module: Path | None = None,
    tell: Callable[[Step], None] = lambda _: None,
) -> Iterator[Stage]:
    """A stage for a root day some months after a rehearsal, or after another such day, with the same token.

    Args:
        folder: of the root day.
        script: of the root day.
        before: folder of the rehearsal, or of the root day before.
        seed: of the rehearsal.
        requests: what is wanted; None for one of everything: new authorities, another operator, an authority
            that is revoked, and the next root.
        module: the library of SoftHSM.
        tell: told of every step.

    Raises:
        LocalError: as ``rehearsal``.
        DataError: ``ceremony-not-rehearsed`` where there is no token and no card; and as ``read_outcome``.
        TrustError: as ``read_outcome``.
    """
    _require_empty(folder)
    library, outcome = module or softhsm(), read_outcome(before)
    if not (before / _TOKEN).is_dir() or not (before / CARDS).is_dir():
        message = "The ceremony before was no rehearsal: its token and its cards are not there."
        raise DataError("ceremony-not-rehearsed", message, where=str(before))
    folder.mkdir(parents=True, exist_ok=True)
    for kept in (_TOKEN, CARDS):
        (folder / kept).symlink_to((before / kept).resolve())
    begin = outcome.ended + _MONTHS
    with tokens_in((folder / _TOKEN).resolve(), library):
        yield Stage(
            folder=folder,
            operator=outcome.operator,
            script=script,
            roster=Roster(holders=outcome.holders, roles=rehearsed_roster(script).roles),
            people=RehearsedPeople(seed, tell=tell),
            place=TokenPlace(
                module=library, label=_LABEL, folder=folder / "root", user_pin=_no_pin, so_pin=_no_pin
            ),
            requests=requests or _one_of_everything(folder, outcome, begin),
            is_rehearsal=True,
            clock=rehearsed_clock(begin),
            before=outcome,
        )


def _one_of_everything(folder: Path, outcome: CeremonyOutcome, now: datetime) -> Path:
    """Requests of the next generation, of an operator that joins, and the device authority to be revoked."""
    requests, keys = folder / "requests", SoftwareKeystore(folder / "issuing")
    generation = max(number_of(each.name) for each in outcome.authorities) + 1
    names, joining = [nth(label, generation) for label in ISSUING], f"{_JOINING} {generation}"
    tenant = short_name(joining)
    make_requests(names, keys, requests, rules=RULES, now=now)
    theirs = SoftwareKeystore(folder / "joining")
    make_requests(ISSUING, theirs, requests, rules=RULES, now=now, tenant=tenant)
    applicant, certificate = next(iter(outcome.authorities.items()))
    (requests / f"{applicant.stem}.pem").write_bytes(pem(certificate))
    own = (Applicant(operator=outcome.operator, tenant="", name=each) for each in names)
    others = (Applicant(operator=joining, tenant=tenant, name=each) for each in ISSUING)
    want(requests, Wanted(certify=(*own, *others), revoke=(f"{applicant.stem}.pem",), next_root=True))
    return requests


def _require_empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise held_already(folder)


def _no_pin() -> str:
    raise AssertionError("the token was taken over in the ceremony before")
