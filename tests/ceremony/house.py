"""A site whose root is from a rehearsal, the requests it makes, and the root days that follow."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from typer.testing import CliRunner

from ceremony.rehearsed import Rehearsal
from keystore.softhsm import MODULE
from meterkast.console.cli.app import app
from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import KeyKind, SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki import Authority
from meterkast.pki.ceremony import ROOT_DAY, Ceremony, packaged_script, rehearsal, rehearsed_day
from meterkast.pki.ceremony.rehearsal import rehearsed_clock
from meterkast.protocols.x509 import Purpose, validate
from pki.world import request

NOW = datetime.now(UTC).replace(microsecond=0)
FOUNDED, FIRST_DAY, APART = NOW - timedelta(days=1), NOW - timedelta(hours=9), timedelta(hours=1)
SEED = "seed"


@dataclass
class House:
    """Everything of one operator, and of those that join, below one root.

    Attributes:
        folder: with ``site/``, ``ceremony/``, and a folder for each root day.
        last: the last ceremony that was held.
    """

    folder: Path
    last: Path
    days: int = 0
    gateways: int = field(default=0)

    @property
    def site(self) -> Path:
        return self.folder / "site"

    @property
    def trust(self) -> TrustFolder:
        return TrustFolder(self.site / "trust")

    def authority(self, operator: str = "stadsnet", trust: TrustFolder | None = None) -> Authority:
        return Authority(self.site / "pki", trust or self.trust, operator=operator)

    def typed(self, *words: object) -> tuple[int, Any]:
        """A command of ``meterkast pki`` about this site: exit code and document."""
        arguments = ["pki", *(str(word) for word in words), "--site", str(self.site), "--json"]
        done = CliRunner().invoke(app, arguments)
        return done.exit_code, json.loads(done.stdout)

    def ask(self, *words: object) -> Path:
        """What is wanted of the next root day; gives the folder."""
        requests = self.folder / f"requests-{self.days}"
        assert self.typed("request", requests, *words)[0] == 0
        return requests

    @contextmanager
    def ready(self, requests: Path, *, before: Path | None = None) -> Iterator[Rehearsal]:
        """A root day that is ready to be held."""
        self.days += 1
        folder, script = self.folder / f"day-{self.days}", packaged_script(ROOT_DAY)
        with rehearsed_day(
            folder, script, before=before or self.last, seed=SEED, requests=requests, module=MODULE
        ) as stage:
            stage.clock = rehearsed_clock(FIRST_DAY + self.days * APART)
            yield Rehearsal(stage)

    def hold(self, requests: Path, *, before: Path | None = None) -> Path:
        """A root day; gives its folder."""
        with self.ready(requests, before=before) as day:
            Ceremony.begin(day.stage).hold()
            self.last = day.stage.folder
        return self.last

    def adopt(self, day: Path) -> dict[str, Any]:
        code, document = self.typed("adopt", day)
        assert code == 0, document
        return dict(document)

    def enrolled(
        self, authority: Authority, purpose: Purpose = Purpose.SIG
    ) -> tuple[SystemTitle, list[x509.Certificate]]:
        """A new gateway of this authority, and its certificate with the chain."""
        self.gateways += 1
        title = SystemTitle.of("MKG", self.gateways)
        keystore = SoftwareKeystore(self.folder / "gateways" / str(title))
        keystore.generate(purpose, KeyKind.EC_P256)
        authority.expect(title)
        return title, authority.issue(request(keystore, purpose), purpose, title, NOW)

    def believes(self, chain: list[x509.Certificate], trust: TrustFolder | None = None) -> bool:
        """Raises what path validation raises."""
        own = trust or self.trust
        return bool(validate(chain[0], chain[1:], own.anchors(), own.crls(), NOW, Purpose.SIG))


def founded(folder: Path) -> House:
    """A ceremony of yesterday, and a site that has taken it over."""
    house = House(folder=folder, last=folder / "ceremony")
    requests = house.ask()
    with rehearsal(house.last, packaged_script(), operator="stadsnet", seed=SEED, module=MODULE) as stage:
        stage.requests = requests
        stage.clock = rehearsed_clock(FOUNDED)
        Ceremony.begin(stage).hold()
    code, document = house.typed("create", "--ceremony", house.last)
    assert code == 0, document
    return house
