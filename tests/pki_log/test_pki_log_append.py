"""The log keeps what it was given, in order, whatever happens to the process that keeps it."""

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterkast.model.errors import DataError, LocalError, PeerError
from meterkast.pki.log import LoggedCertificate, decode_entry
from meterkast.protocols.merkle import leaf_hash, tree_hash
from pki_log.loghouse import LogHouse, at, entries


def test_what_is_appended_is_numbered_and_published_in_order(house: LogHouse) -> None:
    log = house.open()
    assert (log.size, log.checkpoint()) == (0, None)
    assert log.append(entries(3)) == 0
    assert log.append(entries(2, begin=3)) == 3
    assert log.append([]) == 5
    assert len(log.lag()) == 5
    checkpoint = log.publish(at(1))
    assert (checkpoint.size, log.lag()) == (5, [])
    assert checkpoint.root == tree_hash([leaf_hash(each.encode()) for each in entries(5)])
    assert list(house.open().entries()) == entries(5)
    assert list(log.entries(4)) == entries(1, begin=4)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(0, 600), st.booleans()), max_size=6))
def test_any_order_of_appending_publishing_and_opening_gives_one_tree(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, bool]]
) -> None:
    house = LogHouse.build(tmp_path_factory.mktemp("log"))
    total = 0
    for minute, (count, publish) in enumerate(steps):
        log = house.open()
        log.append(entries(count, begin=total))
        total += count
        if publish:
            assert log.publish(at(minute)).size == total
        assert log.size == total
    log = house.open()
    checkpoint = log.publish(at(len(steps)))
    assert checkpoint.root == tree_hash([leaf_hash(each.encode()) for each in entries(total)])
    assert list(log.entries()) == entries(total)
    octets = [octets for _, octets in house.reader().entries(None, checkpoint)]
    assert [decode_entry(each) for each in octets] == entries(total)


def test_two_openers_take_turns(house: LogHouse) -> None:
    one, other = house.open(), house.open()
    assert one.append(entries(2)) == 0
    assert other.append(entries(2, begin=2)) == 2
    other.publish(at(1))
    assert one.append(entries(2, begin=4)) == 4
    one.publish(at(2))
    assert other.append(entries(1, begin=6)) == 6
    assert list(other.entries()) == entries(7)


def test_every_published_entry_has_evidence_and_no_other(house: LogHouse) -> None:
    log = house.open()
    log.append(entries(300))
    log.publish(at(1))
    log.append(entries(1, begin=300))
    for index in (0, 255, 256, 299):
        evidence = log.evidence(index)
        assert decode_entry(evidence.entry) == entries(1, begin=index)[0]
        assert evidence.verify(house.identity.origin, house.identity.key).size == 300
    with pytest.raises(LocalError) as caught:
        log.evidence(300)
    assert caught.value.code == "merkle-range"


def test_a_checkpoint_is_younger_than_the_last(house: LogHouse) -> None:
    log = house.open()
    first = log.publish(at(1))
    with pytest.raises(LocalError) as caught:
        log.publish(at(0))
    assert caught.value.code == "log-clock-behind"
    again, set_back = log.publish(at(1)), log.publish(at(1) - timedelta(milliseconds=500))
    assert (again.at, set_back.at) == (first.at + 1, first.at + 2)
    assert log.publish(at(2)).size == 0


def test_partial_files_go_when_full_ones_are_public(house: LogHouse) -> None:
    log = house.open()
    for round_, count in enumerate((100, 100, 100)):
        log.append(entries(count, begin=100 * round_))
        log.publish(at(round_))
    public = house.log_folder / "public"
    names = {str(path.relative_to(public)) for path in public.rglob("*") if path.is_file()}
    assert names == {
        "checkpoint",
        *("tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"),
        *("tile/entries/000", "tile/entries/001.p/44"),
    }


def test_a_batch_cut_short_anywhere_is_put_aside_and_the_ones_before_it_are_whole(house: LogHouse) -> None:
    log = house.open()
    log.append(entries(2))
    pending = house.log_folder / "pending"
    kept = pending.stat().st_size
    log.append(entries(3, begin=2))
    whole = pending.read_bytes()
    for length in range(kept, len(whole)):
        pending.write_bytes(whole[:length])
        again = house.open()
        assert again.size == 2
        assert again.append(entries(1, begin=2)) == 2
        assert [each.der for each in again.lag()] == [each.der for each in entries(3)]
    assert len(list(house.log_folder.glob("torn-*"))) == len(whole) - kept - 1


def test_space_on_the_disk_that_was_never_written_is_put_aside(house: LogHouse) -> None:
    log = house.open()
    log.append(entries(2))
    with (house.log_folder / "pending").open("ab") as file:
        file.write(bytes(4096))
    assert house.open().size == 2


def test_damage_before_the_last_batch_is_no_crash(house: LogHouse) -> None:
    log = house.open()
    for number in range(3):
        log.append(entries(1, begin=number))
    pending = house.log_folder / "pending"
    whole = pending.read_bytes()
    for place in (0, 10, 60, len(whole) // 3 + 5, 2 * len(whole) // 3 - 1):
        changed = bytearray(whole)
        changed[place] ^= 1
        pending.write_bytes(changed)
        with pytest.raises(DataError) as caught:
            house.open()
        assert caught.value.code == "log-damaged"
    pending.write_bytes(whole)
    assert house.open().size == 3


def test_a_full_disk_appends_nothing(house: LogHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    log = house.open()
    log.append(entries(2))

    def full(_descriptor: int) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", full)
        with pytest.raises(LocalError) as caught:
            log.append(entries(1, begin=2))
    assert caught.value.code == "log-unwritable"
    assert log.append(entries(1, begin=2)) == 2
    assert list(house.open().entries()) == entries(3)


@pytest.mark.parametrize("name", ["tile/0/000.p/5", "tile/entries/000.p/5", "checkpoint"])
def test_a_log_that_lost_a_file_says_so(house: LogHouse, name: str) -> None:
    log = house.open()
    log.append(entries(5))
    log.publish(at(1))
    (house.log_folder / "public" / name).unlink()
    with pytest.raises(Exception, match=r"log") as caught:
        list(house.open().entries())
    assert getattr(caught.value, "code", "") in {"log-damaged", "log-behind-published"}


def test_a_changed_tile_is_seen_at_opening(house: LogHouse) -> None:
    log = house.open()
    log.append(entries(5))
    log.publish(at(1))
    tile = house.log_folder / "public" / "tile" / "0" / "000.p" / "5"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    with pytest.raises(DataError) as caught:
        house.open()
    assert caught.value.code == "log-damaged"


def test_a_log_that_was_changed_under_its_hands_signs_nothing_more(house: LogHouse) -> None:
    log = house.open()
    log.append(entries(300))
    log.publish(at(1))
    before = (house.log_folder / "public" / "checkpoint").read_bytes()
    tile = house.log_folder / "public" / "tile" / "1" / "000.p" / "1"
    tile.write_bytes(bytes(32))
    log.append(entries(300, begin=300))
    with pytest.raises(DataError) as caught:
        log.publish(at(2))
    assert caught.value.code == "log-damaged"
    assert (house.log_folder / "public" / "checkpoint").read_bytes() == before


def test_a_crash_between_checkpoint_and_clearing_counts_nothing_twice(house: LogHouse) -> None:
    log = house.open()
    log.append(entries(5))
    before = (house.log_folder / "pending").read_bytes()
    log.publish(at(1))
    (house.log_folder / "pending").write_bytes(before)
    again = house.open()
    assert (again.size, again.lag()) == (5, [])
    assert again.append(entries(1, begin=5)) == 5
    assert again.publish(at(2)).root == tree_hash([leaf_hash(each.encode()) for each in entries(6)])


def test_a_crash_before_the_checkpoint_publishes_nothing(house: LogHouse, tmp_path: Path) -> None:
    log = house.open()
    log.append(entries(5))
    shutil.copytree(house.log_folder, tmp_path / "before")
    log.publish(at(1))
    (house.log_folder / "public" / "checkpoint").unlink()
    shutil.copy(tmp_path / "before" / "pending", house.log_folder / "pending")
    house.seen.unlink()
    again = house.open()
    assert (again.checkpoint(), again.size) == (None, 5)
    again.append(entries(1, begin=5))
    assert again.publish(at(2)).size == 6


@given(st.binary(max_size=60), st.text(max_size=20), st.integers(0, 1 << 50))
def test_entries_round_trip(der: bytes, operator: str, moment: int) -> None:
    entry = LoggedCertificate(der=b"0" + der, operator=operator, at=moment)
    assert decode_entry(entry.encode()) == entry


@given(st.binary(max_size=80))
def test_other_octets_are_no_entry(octets: bytes) -> None:
    with pytest.raises(PeerError) as caught:
        decode_entry(octets)
    assert caught.value.code == "log-entry-malformed"


def test_every_cut_or_longer_entry_is_refused() -> None:
    octets = entries(1)[0].encode()
    for length in range(len(octets)):
        with pytest.raises(PeerError):
            decode_entry(octets[:length])
    with pytest.raises(PeerError):
        decode_entry(octets + b"\0")


def test_an_entry_is_a_leaf_of_certificate_transparency() -> None:
    entry = LoggedCertificate(der=b"DER", operator="stadsnet", at=0x0102030405060708)
    assert entry.encode().hex() == (
        "0000" "0102030405060708" "0000" "000003" + b"DER".hex() + "000be00008" + b"stadsnet".hex()
    )  # fmt: skip


@pytest.mark.parametrize("entry", [(b"", "a"), (bytes(40_000), "a"), (b"0", "a" * 201)])
def test_what_no_log_takes(house: LogHouse, entry: tuple[bytes, str]) -> None:
    with pytest.raises(LocalError) as caught:
        house.open().append([LoggedCertificate(der=entry[0], operator=entry[1], at=0)])
    assert caught.value.code == "log-entry-long"
    assert house.open().size == 0
