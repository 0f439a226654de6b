"""The ceremony against SoftHSM: held, short of holders, interrupted, tampered with later (RQ-24, AT-49)."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pkcs11
import pytest
import rfc8785
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ceremony.rehearsed import Rehearsal, before, rehearsed
from keystore.softhsm import MODULE, needs_softhsm
from meterkast.model.errors import DataError, LocalError, TrustError
from meterkast.model.finding import Severity
from meterkast.outside.keystore import Pkcs11Keystore
from meterkast.pki.ceremony import Ceremony, Roster, packaged_script, parse_script, verify
from meterkast.pki.ceremony.card import new_card
from meterkast.pki.ceremony.checks import CHECKS
from meterkast.pki.ceremony.record import Record
from meterkast.protocols.x509 import RULES

pytestmark = needs_softhsm


def wrong(path: Path, *, outputs: Path | None = None) -> list[str]:
    return [each.code for each in verify(path, outputs=outputs) if each.severity is Severity.ERROR]


def test_a_rehearsal_makes_a_root_and_its_authorities_and_is_signed(held: Rehearsal) -> None:
    Ceremony.begin(held.stage).hold()
    out = held.stage.folder / "out"
    assert wrong(held.path, outputs=out) == []
    root = x509.load_pem_x509_certificate((out / "root.pem").read_bytes())
    for label in packaged_script().authorities:
        authority = x509.load_pem_x509_certificate((out / f"{label}.pem").read_bytes())
        authority.verify_directly_issued_by(root)
    lists = [x509.load_pem_x509_crl((out / f"root.{count}.crl.pem").read_bytes()) for count in range(4)]
    end = lists[-1].next_update_utc
    assert end is not None
    assert (end - lists[0].last_update_utc).days > 3 * (RULES.authorities["root"].list_life.days - 30)
    signed = held.records()[-1]
    assert (signed.event, len(signed.participants)) == ("signed", 5)


def test_the_token_opens_for_a_quorum_alone_afterwards(held: Rehearsal) -> None:
    Ceremony.begin(held.stage).hold()
    stage = held.stage
    assert (stage.cards, stage.keystore) == ({}, None)
    for pin in ("", "0" * 32):
        with pytest.raises(LocalError) as caught:
            Pkcs11Keystore(MODULE, stage.place.label, lambda pin=pin: pin, stage.folder / "other")  # type: ignore[misc]
        assert caught.value.code == "keystore-pin-wrong"
    with pytest.raises(LocalError):  # nor with the PIN that it was initialised with
        Pkcs11Keystore(MODULE, stage.place.label, stage.place.user_pin, stage.folder / "other")
    held.people.absent = {"Holder 1", "Holder 3"}
    stage.gather("quorum")
    stage.open_token()
    assert stage.token().public_key("root") == stage.newest_root().public_key()
    stage.dismiss()
    held.people.absent = {"Holder 1", "Holder 3", "Holder 5"}
    with pytest.raises(TrustError) as few:
        stage.gather("quorum")
    assert few.value.code == "ceremony-too-few-holders"


def test_two_rehearsals_with_one_seed_differ_in_keys_alone(tmp_path: Path) -> None:
    def transcript(name: str, seed: str) -> list[dict[str, object]]:
        with rehearsed(tmp_path / name, seed) as ready:
            Ceremony.begin(ready.stage).hold()
            return [json.loads(record.encode()) for record in ready.records()]

    def without_keys(records: list[dict[str, object]]) -> str:
        for record in records:
            record["previous"] = ""
            for kind in ("inputs", "outputs"):
                names = record[kind]
                assert isinstance(names, dict)
                record[kind] = {
                    name: digest if name == "quorum.json" else "" for name, digest in names.items()
                }
            details = record["details"]
            assert isinstance(details, dict)
            details.pop("serial", None)
            details["signatures"] = sorted(details.get("signatures", ()))
        return json.dumps(records)

    one, other = transcript("one", "seed"), transcript("other", "seed")
    assert one != other
    assert without_keys(one) == without_keys(other)
    assert without_keys(transcript("third", "another seed")) != without_keys(one)


@pytest.mark.parametrize("absent", [{"Holder 2"}, {"Holder 1", "Holder 2", "Holder 3"}])
def test_nothing_begins_before_all_holders_are_there(held: Rehearsal, absent: set[str]) -> None:
    held.people.absent = absent
    assert held.fail() == "ceremony-too-few-holders"
    assert not (held.stage.folder / "out").exists()


def test_m_minus_one_holders_fail_and_m_go_on(held: Rehearsal) -> None:
    def leave() -> None:
        raise LocalError("fire-alarm", "Everybody out.")

    with before("certify-authorities", leave):
        assert held.fail() == "fire-alarm"
    assert held.stage.cards == {}
    held.people.absent = {"Holder 1", "Holder 2", "Holder 4"}
    assert held.fail(resume=True) == "ceremony-too-few-holders"
    held.people.absent = {"Holder 1", "Holder 2"}
    assert held.fail(resume=True) == "ceremony-too-few-holders"
    last = held.records()[-1]
    assert (last.event, last.step) == ("failed", "test-cards")  # three went on, up to what needs all five
    held.people.absent = set()
    Ceremony.resume(held.stage).hold()
    assert wrong(held.path, outputs=held.stage.folder / "out") == []


def test_a_wrong_holder_is_named_and_the_others_learn_nothing(held: Rehearsal) -> None:
    def stop() -> None:
        raise LocalError("fire-alarm", "Everybody out.")

    with before("sign-lists", stop):
        held.fail()
    held.people.mistaken = {"Holder 2"}
    with pytest.raises(TrustError) as caught:
        Ceremony.resume(held.stage)
    assert (caught.value.code, caught.value.where) == ("ceremony-holder-wrong", "Holder 2")
    last = held.records()[-1]
    assert (last.event, last.details) == ("failed", {"code": "ceremony-holder-wrong", "where": "Holder 2"})
    held.people.mistaken = set()
    cards = [held.stage.card_path(name) for name in ("Holder 1", "Holder 2")]
    contents = [card.read_bytes() for card in cards]
    for card, octets in zip(cards, reversed(contents), strict=True):
        card.write_bytes(octets)  # they take each other's cards
    with pytest.raises(TrustError) as swapped:
        Ceremony.resume(held.stage)
    assert (swapped.value.code, swapped.value.where) == ("ceremony-holder-wrong", "Holder 1")


def test_a_card_that_somebody_made_up_is_refused(held: Rehearsal) -> None:
    def stop() -> None:
        raise LocalError("fire-alarm", "Everybody out.")

    with before("sign-lists", stop):
        held.fail()
    own = new_card("Holder 1", held.stage.entropy)
    held.stage.card_path("Holder 1").write_bytes(
        own.lock(held.people.passphrase("Holder 1"), held.stage.entropy)
    )
    with pytest.raises(TrustError) as caught:
        Ceremony.resume(held.stage)
    assert (caught.value.code, caught.value.where) == ("ceremony-holder-wrong", "Holder 1")


def test_a_step_for_all_is_not_done_by_a_quorum(held: Rehearsal) -> None:
    first, later = held.stage.script.text.split('action = "certify-authorities"')
    text = 'action = "certify-authorities"'.join((first, later.replace('"quorum"', '"all"', 1)))
    held.stage.script = parse_script(text)
    with before("make-root", lambda: held.people.absent.add("Holder 5")):
        assert held.fail() == "ceremony-too-few-holders"
    assert held.records()[-1].step == "certify-authorities"


def test_at_49_a_token_that_goes_while_the_root_is_made_means_beginning_anew(held: Rehearsal) -> None:
    def unplug() -> None:
        held.unplug()
        pkcs11.lib(str(MODULE)).reinitialize()

    with before("make-root", unplug):
        assert held.fail() != "nothing"
    failed = held.records()[-1]
    assert (failed.event, failed.step) == ("failed", "make-root")
    assert (held.stage.cards, held.stage.keystore) == ({}, None)
    held.plug_in()
    assert held.fail(resume=True) == "ceremony-restart"
    assert held.fail() == "ceremony-held-already"
    assert "transcript-incomplete" in wrong(held.path)
    assert "transcript-unsigned" in wrong(held.path)


def test_at_49_a_session_lost_in_mid_ceremony_fails_closed_and_a_quorum_goes_on(held: Rehearsal) -> None:
    with before("certify-authorities", lambda: pkcs11.lib(str(MODULE)).reinitialize()):
        assert held.fail() == "ceremony-session-lost"
    kept = held.path.read_bytes()
    assert held.records()[-1].details["code"] == "ceremony-session-lost"
    assert not (held.stage.folder / "out" / "device.pem").exists()
    Ceremony.resume(held.stage).hold()
    assert held.path.read_bytes().startswith(kept)
    findings = verify(held.path, outputs=held.stage.folder / "out")
    assert [each.code for each in findings] == ["transcript-step-failed"]


def test_at_49_a_token_that_is_gone_fails_closed(held: Rehearsal) -> None:
    def unplug() -> None:
        held.unplug()
        pkcs11.lib(str(MODULE)).reinitialize()

    with before("sign-lists", unplug):
        assert held.fail() in {"ceremony-session-lost", "keystore-token-gone"}
    assert held.fail(resume=True) == "keystore-token-gone"
    held.plug_in()
    Ceremony.resume(held.stage).hold()
    assert wrong(held.path) == []


def test_at_49_a_wrong_first_pin_changes_nothing(held: Rehearsal) -> None:
    object.__setattr__(held.stage.place, "user_pin", lambda: "00000000")
    assert held.fail() == "keystore-pin-wrong"
    assert held.fail(resume=True) == "ceremony-restart"


@pytest.mark.parametrize(
    "check", sorted({check for step in packaged_script().steps for check in step.checks})
)
def test_a_check_that_fails_stops_the_ceremony(
    held: Rehearsal, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CHECKS, check, lambda _stage: False)
    assert held.fail() == "ceremony-check-failed"
    assert held.records()[-1].details == {"code": "ceremony-check-failed", "where": check}


def test_requests_are_proven(held: Rehearsal) -> None:
    (held.stage.requests / "ocsp.csr").write_bytes((held.stage.requests / "ocsp.csr").read_bytes()[:-40])
    assert held.fail() == "ceremony-request-unusable"
    (held.stage.requests / "ocsp.csr").unlink()
    assert held.fail(resume=True) == "ceremony-request-unusable"


def test_a_finished_ceremony_is_not_held_again(held: Rehearsal) -> None:
    Ceremony.begin(held.stage).hold()
    assert held.fail(resume=True) == "ceremony-finished"
    assert held.fail() == "ceremony-held-already"


def test_a_crash_while_a_record_was_written_is_survived(held: Rehearsal) -> None:
    def stop() -> None:
        raise LocalError("fire-alarm", "Everybody out.")

    with before("sign-lists", stop):
        held.fail()
    with held.path.open("ab") as file:
        file.write(held.records()[0].encode()[:50])
    Ceremony.resume(held.stage).hold()
    assert wrong(held.path) == []


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The lines of a good transcript."""
    with rehearsed(tmp_path_factory.mktemp("rehearsal") / "ceremony") as ready:
        Ceremony.begin(ready.stage).hold()
        return ready.path.read_bytes().splitlines()


def rechained(lines: list[bytes]) -> list[bytes]:
    """What a forger does who knows how records hang together."""
    chained: list[bytes] = []
    for number, line in enumerate(lines):
        document = json.loads(line)
        previous = Record(**json.loads(chained[-1])).digest if chained else "0" * 64
        chained.append(Record(**{**document, "number": number, "previous": previous}).encode())
    return chained


def edited(lines: list[bytes], old: bytes, new: bytes) -> list[bytes]:
    assert any(old in line for line in lines)
    return [line.replace(old, new) for line in lines]


def signed_by_two(lines: list[bytes]) -> list[bytes]:
    last = json.loads(lines[-1])
    signatures = dict(list(last["details"]["signatures"].items())[:2])
    changed = {**last, "details": {"signatures": signatures}, "participants": list(signatures)}
    return [*lines[:-1], Record(**changed).encode()]


FORGERIES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "a record is gone": lambda lines: [*lines[:5], *lines[6:]],
    "a record is gone, and the rest is hung together": lambda lines: rechained([*lines[:5], *lines[6:]]),
    "two records change places": lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]],
    "a time is another": lambda lines: edited(lines, b"09:06:00", b"09:07:00"),
    "a time is another, hung together": lambda lines: rechained(edited(lines, b"09:06:00", b"09:07:00")),
    "an output is another": lambda lines: rechained(edited(lines, b'"root.pem":"', b'"root.pem":"0')),
    "the end is cut off": lambda lines: lines[:-1],
    "a holder is taken for another": lambda lines: rechained(edited(lines, b"Holder 5", b"Holder 6")),
    "the script is another": lambda lines: rechained(edited(lines, b"needs = 3", b"needs = 2")),
    "something comes after the end": lambda lines: rechained([*lines, lines[1]]),
    "only two holders have signed": signed_by_two,
    "nothing is left": lambda _: [],
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_transcript_is_seen(finished: list[bytes], tmp_path: Path, forgery: str) -> None:
    path = tmp_path / "transcript.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in finished))
    assert wrong(path) == []  # the control
    path.write_bytes(b"".join(line + b"\n" for line in FORGERIES[forgery](finished)))
    assert wrong(path) != []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_in_any_place_is_a_finding_or_refused(
    finished: list[bytes], tmp_path: Path, data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(finished) - 1))
    document = json.loads(finished[number])
    holder, field = document, data.draw(st.sampled_from(sorted(document)))
    if isinstance(document[field], dict) and document[field] and data.draw(st.booleans()):
        holder = document[field]
        field = data.draw(st.sampled_from(sorted(holder)))
    other: st.SearchStrategy[object] = st.sampled_from(
        [None, True, 7, 0.5, "", "x", [], [1], [{}], {}, {"a": 1}, {"a": {"b": []}}]
    )
    holder[field] = data.draw(other.filter(lambda value: value != holder[field]))
    path = tmp_path / "transcript.jsonl"
    lines = [*finished[:number], rfc8785.dumps(document), *finished[number + 1 :]]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    with suppress(DataError):
        assert wrong(path) != []
    try:
        chained = rechained(lines)
    except (TypeError, ValueError, AttributeError):
        return  # such a record cannot even be written
    if chained != finished:
        path.write_bytes(b"".join(line + b"\n" for line in chained))
        with suppress(DataError):
            assert wrong(path) != []


def test_a_line_that_is_no_record(tmp_path: Path, finished: list[bytes]) -> None:
    path = tmp_path / "transcript.jsonl"
    for line in (b"{}", b"garbage", b"[" * 5000, finished[0].replace(b'"number":0', b'"number": 0')):
        path.write_bytes(finished[0] + b"\n" + line + b"\n")
        with pytest.raises(DataError) as caught:
            verify(path)
        assert (caught.value.code, caught.value.where) == ("transcript-malformed", "line 2")
    with pytest.raises(DataError) as missing:
        verify(tmp_path / "none")
    assert missing.value.code == "transcript-unreadable"


def test_a_changed_or_missing_output_is_seen(held: Rehearsal) -> None:
    Ceremony.begin(held.stage).hold()
    out = held.stage.folder / "out"
    (out / "root.pem").write_bytes((out / "device.pem").read_bytes())
    (out / "root.1.crl.pem").unlink()
    assert sorted(wrong(held.path, outputs=out)) == ["transcript-output-changed", "transcript-output-missing"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("holders = 5", "holders = true"),
        ("needs = 3", "needs = 1"),
        ("needs = 3", "needs = 6"),
        ("lists = 4", "lists = 0"),
        ('present = "all"', 'present = "nobody"'),
        ('after-loss = "restart"', 'after-loss = "carry on"'),
        ("title", "subject"),
        ('roles = ["conductor", "witness"]', 'roles = ["witness", "witness"]'),
        ("[[steps]]", "[steps]"),
        ('action = "make-root"', 'action = "take-token"'),
    ],
)
def test_a_script_that_does_not_hold(old: str, new: str) -> None:
    text = packaged_script().text
    assert old in text
    with pytest.raises(DataError) as caught:
        parse_script(text.replace(old, new))
    assert caught.value.code == "ceremony-script-malformed"


@pytest.mark.parametrize(("old", "new"), [("make-root", "make-tea"), ("token-is-closed", "token-is-happy")])
def test_a_script_that_asks_for_what_nobody_can_do(held: Rehearsal, old: str, new: str) -> None:
    held.stage.script = parse_script(held.stage.script.text.replace(old, new))
    assert held.fail() == "ceremony-script-unknown"
    assert not held.path.exists()


@pytest.mark.parametrize(
    "roster",
    [
        Roster(holders=("a", "b", "c", "d"), roles={"conductor": "e", "witness": "f"}),
        Roster(holders=("a", "b", "c", "d", "e"), roles={"conductor": "f"}),
        Roster(holders=("a", "b", "c", "d", "a"), roles={"conductor": "e", "witness": "f"}),
        Roster(holders=("a", "b", "c", "d", "e"), roles={"conductor": "a", "witness": "f"}),
        Roster(holders=("a", "b", "c", "d", ""), roles={"conductor": "e", "witness": "f"}),
    ],
)
def test_everybody_has_one_part(held: Rehearsal, roster: Roster) -> None:
    held.stage.roster = roster
    assert held.fail() == "ceremony-roster"


def test_another_script_does_not_finish_a_ceremony(held: Rehearsal) -> None:
    def stop() -> None:
        raise LocalError("fire-alarm", "Everybody out.")

    with before("sign-lists", stop):
        held.fail()
    held.stage.script = parse_script(held.stage.script.text.replace("lists = 4", "lists = 5"))
    assert held.fail(resume=True) == "ceremony-other-script"
