"""Holding a root day: short of holders, interrupted, tampered with, forged (RQ-24, AT-49)."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pkcs11
import pytest
from cryptography import x509

from ceremony.rehearsed import Rehearsal, before, rehearsed
from keystore.softhsm import MODULE, needs_softhsm
from meterkast.model.errors import DataError, LocalError, TrustError
from meterkast.model.finding import Severity
from meterkast.outside.entropy import system_entropy
from meterkast.pki.ceremony import (
    ROOT_DAY,
    Ceremony,
    Roster,
    packaged_script,
    parse_script,
    read_outcome,
    verify,
)
from meterkast.pki.ceremony.card import new_card
from meterkast.pki.ceremony.checks import CHECKS
from meterkast.pki.ceremony.conduct import signed_octets
from meterkast.pki.ceremony.record import NOTHING, Record
from meterkast.pki.ceremony.rehearsal import rehearsed_clock, rehearsed_day
from meterkast.pki.ceremony.wanted import parse_wanted
from meterkast.pki.issuer import Issuer
from meterkast.protocols.x509.list_place import list_number

pytestmark = needs_softhsm

SEED = "seed"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rehearsal that was held; nobody changes it."""
    folder = tmp_path_factory.mktemp("rehearsal") / "ceremony"
    with rehearsed(folder, SEED) as ready:
        Ceremony.begin(ready.stage).hold()
    return folder


@pytest.fixture
def founding(kept: Path, tmp_path: Path) -> Path:
    """A copy of it, with its token and its cards."""
    return shutil.copytree(kept, tmp_path / "ceremony")


@pytest.fixture
def day(founding: Path, tmp_path: Path) -> Iterator[Rehearsal]:
    """One of everything, ready to be held."""
    script = packaged_script(ROOT_DAY)
    with rehearsed_day(tmp_path / "day", script, before=founding, seed=SEED, module=MODULE) as stage:
        yield Rehearsal(stage)


def wrong(day: Rehearsal, founding: Path | None = None) -> list[str]:
    previous = founding / "transcript.jsonl" if founding else None
    found = verify(day.path, outputs=day.stage.folder / "out", before=previous)
    return [each.code for each in found if each.severity is Severity.ERROR]


def stop() -> None:
    raise LocalError("fire-alarm", "Everybody out.")


def test_one_of_everything_is_signed_by_a_quorum(day: Rehearsal, founding: Path) -> None:
    day.people.absent = {"Holder 2", "Holder 4"}
    Ceremony.begin(day.stage).hold()
    assert wrong(day, founding) == []
    assert [each.code for each in verify(day.path)] == ["transcript-follows"]
    last = day.records()[-1]
    assert (last.event, last.participants) == ("signed", ("Holder 1", "Holder 3", "Holder 5"))
    outcome = read_outcome(day.stage.folder)
    assert list(outcome.roots) == ["root", "root-g2"]
    assert len(outcome.authorities) == 8
    assert len(outcome.revoked("root")) == 1
    assert outcome.revoked("root-g2") == {}
    assert outcome.before == read_outcome(founding).digest
    assert any(line.startswith("revoke CN=Meterkast device authority") for line in day.people.read_out)
    assert "make the next root" in day.people.read_out


def test_m_minus_one_holders_do_nothing(day: Rehearsal) -> None:
    day.people.absent = {"Holder 1", "Holder 2", "Holder 3"}
    assert day.fail() == "ceremony-too-few-holders"
    assert day.fail(resume=True) == "ceremony-too-few-holders"
    assert not (day.stage.folder / "out").exists()
    day.people.absent = {"Holder 1", "Holder 2"}
    Ceremony.resume(day.stage).hold()
    assert wrong(day) == []


def test_a_holder_who_has_forgotten_is_named(day: Rehearsal) -> None:
    day.people.mistaken = {"Holder 2"}
    with pytest.raises(TrustError) as caught:
        Ceremony.begin(day.stage).hold()
    assert (caught.value.code, caught.value.where) == ("ceremony-holder-wrong", "Holder 2")
    assert day.stage.keystore is None


def test_cards_of_another_ceremony_open_nothing(day: Rehearsal, tmp_path: Path) -> None:
    with rehearsed(tmp_path / "other", SEED) as other:
        other.stage.entropy = bytes  # other cards, the same passphrases
        Ceremony.begin(other.stage).hold()
    day.stage.roster = Roster(
        holders=day.stage.roster.holders,
        roles=day.stage.roster.roles,
        cards={name: other.stage.card_path(name) for name in day.stage.roster.holders},
    )
    assert day.fail() == "ceremony-holder-wrong"


@pytest.mark.parametrize("step", [step.action for step in packaged_script(ROOT_DAY).steps])
def test_at_49_a_session_lost_in_any_step_is_gone_on_with(day: Rehearsal, founding: Path, step: str) -> None:
    def lose() -> None:
        pkcs11.lib(str(MODULE)).reinitialize()
        stop()

    with before(step, lose):
        assert day.fail() == "fire-alarm"
    assert (day.stage.cards, day.stage.keystore) == ({}, None)
    Ceremony.resume(day.stage).hold()
    assert wrong(day, founding) == []


def test_at_49_a_next_root_that_was_half_made_is_made_anew(
    day: Rehearsal, founding: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Issuer, "certify_authority", lambda *_, **__: stop())
        assert day.fail() == "fire-alarm"
    assert day.records()[-1].step == "make-next-root"
    Ceremony.resume(day.stage).hold()
    assert wrong(day, founding) == []
    outcome = read_outcome(day.stage.folder)
    assert list(outcome.roots) == ["root", "root-g3"]  # the key of the second came to nothing
    old, new = outcome.roots.values()
    old[1].verify_directly_issued_by(new[0])
    new[1].verify_directly_issued_by(old[0])


def test_a_day_after_a_day_keeps_what_was_revoked(day: Rehearsal, tmp_path: Path) -> None:
    Ceremony.begin(day.stage).hold()
    first = read_outcome(day.stage.folder)
    script = packaged_script(ROOT_DAY)
    with rehearsed_day(tmp_path / "next", script, before=first.folder, seed=SEED, module=MODULE) as stage:
        Ceremony.begin(stage).hold()
    second = read_outcome(tmp_path / "next")
    assert list(second.roots) == ["root", "root-g2", "root-g3"]
    assert second.revoked("root") == first.revoked("root")
    assert len(second.revoked("root-g2")) == 1
    for root in first.roots:
        assert min(list_number(each) for each in second.lists[root]) > first.last_number(root)


@pytest.mark.parametrize(
    "check", sorted({check for step in packaged_script(ROOT_DAY).steps for check in step.checks})
)
def test_a_check_that_fails_stops_the_day(
    day: Rehearsal, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CHECKS, check, lambda _stage: False)
    assert day.fail() == "ceremony-check-failed"
    assert day.records()[-1].details == {"code": "ceremony-check-failed", "where": check}


BROKEN: dict[str, Callable[[Path, Path], object]] = {
    "lists-keep-revoked": lambda out, old: shutil.copy(old / "root.0.crl.pem", out / "root.0.crl.pem"),
    "lists-by-root": lambda out, _: shutil.copy(out / "root-g2.0.crl.pem", out / "root.0.crl.pem"),
    "lists-without-gap": lambda out, _: (out / "root.1.crl.pem").unlink(),
    "authorities-below-root": lambda out, old: shutil.copy(old / "device.pem", out / "device-g2.pem"),
    "authorities-as-requested": lambda out, _: shutil.copy(out / "update-g2.csr", out / "device-g2.csr"),
    "root-key-in-token": lambda out, _: shutil.copy(out / "root.pem", out / "root-g2.pem"),
    "requests-as-agreed": lambda out, _: shutil.copy(out / "root.pem", out / "device-g2.csr"),
}


@pytest.mark.parametrize("check", BROKEN)
def test_a_check_sees_what_it_is_for(day: Rehearsal, founding: Path, check: str) -> None:
    Ceremony.begin(day.stage).hold()
    day.stage.gather("quorum")
    day.stage.open_token()
    assert CHECKS[check](day.stage)
    BROKEN[check](day.stage.folder / "out", founding / "out")
    try:
        holds = CHECKS[check](day.stage)
    except DataError:
        holds = False
    assert not holds


def test_what_was_read_out_is_what_is_signed(day: Rehearsal, founding: Path) -> None:
    """Requests that somebody exchanges after they were read out are not looked at again."""
    with before("certify-requested", stop):
        assert day.fail() == "fire-alarm"
    requests, out = day.stage.requests, day.stage.folder / "out"
    shutil.copy(requests / "update-g2.csr", requests / "device-g2.csr")
    Ceremony.resume(day.stage).hold()
    assert wrong(day, founding) == []
    for name in ("device-g2", "update-g2"):
        agreed = x509.load_pem_x509_csr((out / f"{name}.csr").read_bytes())
        signed = x509.load_pem_x509_certificate((out / f"{name}.pem").read_bytes())
        assert signed.public_key() == agreed.public_key()


def test_a_request_exchanged_where_it_was_laid_out_is_found(day: Rehearsal, founding: Path) -> None:
    with before("certify-requested", stop):
        assert day.fail() == "fire-alarm"
    out = day.stage.folder / "out"
    shutil.copy(out / "update-g2.csr", out / "device-g2.csr")
    Ceremony.resume(day.stage).hold()
    assert wrong(day, founding) == ["transcript-output-changed"]
    with pytest.raises(TrustError) as caught:
        read_outcome(day.stage.folder)
    assert caught.value.code == "ceremony-unproven"


REQUESTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing is wanted": (lambda folder: (folder / "wanted.toml").unlink(), "ceremony-wanted-missing"),
    "it cannot be read": (
        lambda folder: (folder / "wanted.toml").write_text("next-root = 1"),
        "ceremony-wanted-malformed",
    ),
    "a request is not there": (lambda folder: (folder / "ocsp-g2.csr").unlink(), "ceremony-request-unusable"),
    "somebody takes the founder's place": (
        lambda folder: edit(folder, 'operator = "stadsnet"', 'operator = "standnet"'),
        "ceremony-wanted-foreign",
    ),
    "what is revoked is no authority of ours": (
        lambda folder: shutil.copy(folder / "ocsp-g2.csr", folder / "device.pem"),
        "ceremony-revoked-unknown",
    ),
    "a root is to be revoked": (
        lambda folder: shutil.copy(
            folder.parent.parent / "ceremony" / "out" / "root.pem", folder / "device.pem"
        ),
        "ceremony-revoked-unknown",
    ),
    "lists for ever": (
        lambda folder: edit(folder, "next-root = true", "lists-until = 2999-01-01"),
        "ceremony-lists-too-far",
    ),
}


def edit(folder: Path, old: str, new: str) -> None:
    text = (folder / "wanted.toml").read_text()
    assert old in text
    (folder / "wanted.toml").write_text(text.replace(old, new))


@pytest.mark.parametrize("what", REQUESTS)
def test_requests_that_do_not_hold(day: Rehearsal, what: str) -> None:
    change, code = REQUESTS[what]
    change(day.stage.requests)
    assert day.fail() == code


def test_what_is_revoked_must_be_signed_by_our_root(day: Rehearsal, tmp_path: Path) -> None:
    with rehearsed(tmp_path / "other", "another seed") as other:
        Ceremony.begin(other.stage).hold()
    shutil.copy(tmp_path / "other" / "out" / "device.pem", day.stage.requests / "device.pem")
    assert day.fail() == "ceremony-revoked-unknown"


def test_somebody_objects(day: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day.people, "agree", lambda _: stop())
    assert day.fail() == "fire-alarm"
    assert not (day.stage.folder / "out" / "wanted.toml").exists()


def test_lists_reach_as_far_as_is_wanted(day: Rehearsal) -> None:
    edit(day.stage.requests, "next-root = true", "lists-until = 2034-06-01")
    Ceremony.begin(day.stage).hold()
    outcome = read_outcome(day.stage.folder)
    assert outcome.lists_end().date().isoformat() >= "2034-06-01"
    *_, before_last, _ = outcome.lists["root"]
    assert before_last.next_update_utc is not None
    assert before_last.next_update_utc.date().isoformat() < "2034-06-01"  # and not one list further
    assert parse_wanted((day.stage.folder / "out" / "wanted.toml").read_bytes()).next_root is False


def test_a_day_without_a_ceremony_before_it(tmp_path: Path) -> None:
    with rehearsed(tmp_path / "ceremony") as ready:
        text = packaged_script(ROOT_DAY).text
        ready.stage.script = parse_script(text)
        assert ready.fail() == "ceremony-without-root"


def test_a_script_for_another_quorum(day: Rehearsal) -> None:
    day.stage.script = parse_script(day.stage.script.text.replace("needs = 3", "needs = 2"))
    assert day.fail() == "ceremony-script-other-quorum"


def test_a_clock_that_is_behind_signs_nothing(day: Rehearsal, founding: Path) -> None:
    day.stage.clock = rehearsed_clock(read_outcome(founding).ended - timedelta(days=1))
    assert day.fail() == "ceremony-clock-behind"
    assert not day.path.exists()


def test_a_day_goes_on_after_the_ceremony_that_it_followed(
    day: Rehearsal, founding: Path, tmp_path: Path
) -> None:
    with before("read-requests", stop):
        day.fail()
    with rehearsed(tmp_path / "other", SEED) as other:
        Ceremony.begin(other.stage).hold()
    day.stage.before = read_outcome(tmp_path / "other")
    assert day.fail(resume=True) == "ceremony-other-before"


def test_a_ceremony_before_that_does_not_hold_is_not_followed(founding: Path, tmp_path: Path) -> None:
    shutil.copy(founding / "out" / "root.2.crl.pem", founding / "out" / "root.1.crl.pem")
    script = packaged_script(ROOT_DAY)
    with (
        pytest.raises(TrustError) as caught,
        rehearsed_day(tmp_path / "day", script, before=founding, seed=SEED, module=MODULE),
    ):
        pass
    assert caught.value.code == "ceremony-unproven"


def test_a_transcript_that_others_have_signed_is_not_followed(founding: Path) -> None:
    """Somebody takes what everybody may have, leaves out a line, and signs under the holders' names."""
    path = founding / "transcript.jsonl"
    *lines, last = (json.loads(line) for line in path.read_bytes().splitlines())
    cards = {name: new_card(name, system_entropy) for name in last["participants"]}
    done = next(line for line in lines if line["event"] == "done")
    done["details"]["holders"] = {name: card.public_key.hex() for name, card in cards.items()}
    records: list[Record] = []
    for line in lines:
        records.append(Record(**{**line, "previous": records[-1].digest if records else NOTHING}))
    octets = signed_octets(records[-1].digest, last["at"])
    signatures = {name: card.sign(octets).hex() for name, card in cards.items()}
    records.append(Record(**{**last, "details": {"signatures": signatures}, "previous": records[-1].digest}))
    path.write_bytes(b"".join(record.encode() + b"\n" for record in records))
    assert verify(path, outputs=founding / "out") == []  # by itself it holds
    with pytest.raises(TrustError) as caught:
        read_outcome(founding)
    assert caught.value.code == "ceremony-unproven"


def test_a_day_follows_one_ceremony_and_no_other(day: Rehearsal, tmp_path: Path) -> None:
    with rehearsed(tmp_path / "other", "another seed") as other:
        Ceremony.begin(other.stage).hold()
    Ceremony.begin(day.stage).hold()
    theirs = tmp_path / "other" / "transcript.jsonl"
    found = verify(day.path, before=theirs)
    assert [each.code for each in found] == ["transcript-out-of-turn"]
    assert [each.code for each in verify(theirs, before=day.path)] == ["transcript-out-of-turn"]
