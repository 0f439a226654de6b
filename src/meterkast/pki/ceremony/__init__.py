"""The key ceremony: scripted, by m of n holders, recorded, and rehearsed (RQ-24)."""

from meterkast.pki.ceremony.conduct import Ceremony
from meterkast.pki.ceremony.people import People, Roster
from meterkast.pki.ceremony.reading import read_outcome
from meterkast.pki.ceremony.rehearsal import rehearsal, rehearsed_day
from meterkast.pki.ceremony.script import FOUNDING, ROOT_DAY, Script, Step, packaged_script, parse_script
from meterkast.pki.ceremony.stage import Stage
from meterkast.pki.ceremony.token import TokenPlace
from meterkast.pki.ceremony.verification import verify

__all__ = [
    "FOUNDING",
    "ROOT_DAY",
    "Ceremony",
    "People",
    "Roster",
    "Script",
    "Stage",
    "Step",
    "TokenPlace",
    "packaged_script",
    "parse_script",
    "read_outcome",
    "rehearsal",
    "rehearsed_day",
    "verify",
]
