"""``pki publish``: lists by hand, with and without the keys that sign them (AT-48)."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from console.test_console_pki import document, founded, typed
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Authority
from meterkast.protocols.x509.list_place import list_number


def numbers(site: Path) -> dict[str, int]:
    """Of the lists of the issuing authorities, by name."""
    trust = TrustFolder(site / "trust")
    names = (path.name.removesuffix(".crl.pem") for path in trust.crl_files())
    return {name: list_number(trust.crl(name)) for name in names if name != "root"}


def test_fresh_lists(tmp_path: Path) -> None:
    site = founded(tmp_path)
    before = numbers(tmp_path)
    assert document("publish", *site) == {"published": ["stadsnet"]}
    assert all(number > before[name] for name, number in numbers(tmp_path).items())


def test_lists_signed_ahead_need_no_key(tmp_path: Path) -> None:
    """Signed almost a week ago, and now the keys are gone."""
    site = founded(tmp_path)
    earlier = datetime.now(UTC) - timedelta(days=6, hours=12)
    Authority(tmp_path / "pki", TrustFolder(tmp_path / "trust")).publish(earlier)
    shutil.rmtree(tmp_path / "pki" / "issuing")
    before = numbers(tmp_path)
    assert typed("publish", *site)[0] != 0
    assert document("publish", "--ahead", *site) == {"ahead": {"stadsnet": len(before)}}
    assert all(number > before[name] for name, number in numbers(tmp_path).items())
    assert document("publish", "--ahead", *site) == {"ahead": {"stadsnet": 0}}
