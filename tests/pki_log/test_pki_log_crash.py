"""AT-36 and crashes: what was promised is there after ``kill -9``, and what is tampered with is noticed."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from meterkast.model.errors import MeterkastError, PeerError, TrustError, UnreachableError
from meterkast.pki.log import CertificateLog, LogReader, WebSource, decode_entry, recover, source
from meterkast.protocols.merkle import verify_consistency
from pki_log.loghouse import ORIGIN, LogHouse, at, entries

TESTS = Path(__file__).resolve().parents[1]


def code_of(caught: pytest.ExceptionInfo[MeterkastError]) -> str:
    return caught.value.code


@pytest.mark.processes
def test_nothing_promised_is_lost_and_nothing_comes_twice_after_kill_9(house: LogHouse) -> None:
    chance = random.Random(36)
    promised = 0
    for _ in range(6):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(TESTS.parent / "src"), str(TESTS)))}
        process = subprocess.Popen(
            [sys.executable, "-m", "pki_log.appending", str(house.folder)],
            stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        assert process.stdout is not None
        heard = [process.stdout.readline() for _ in range(chance.randrange(1, 12))]
        time.sleep(chance.random() * 0.02)  # somewhere inside the next piece of work, wherever that is
        process.send_signal(signal.SIGKILL)
        heard += process.stdout.readlines()
        process.wait()
        whole = [line.split() for line in heard if line.endswith("\n")]
        assert [int(first) for first, _ in whole] == sorted({int(first) for first, _ in whole})
        promised = max([promised, *(int(first) + int(count) for first, count in whole)])
        kept = list(house.open().entries())
        assert len(kept) >= promised
        assert [each.der for each in kept] == [each.der for each in entries(len(kept), size=400)]
    log = house.open()
    before = log.checkpoint()
    assert before is not None
    assert log.publish(at(1 << 22)).size == log.size
    house.reader().require_extends(before, house.reader().checkpoint()[1])


def grown(house: LogHouse) -> CertificateLog:
    """Yesterday's log of 300 in ``yesterday``, and today's of 420."""
    log = house.open()
    log.append(entries(300))
    log.publish(at(1))
    shutil.copytree(house.log_folder, house.folder / "yesterday")
    log.append(entries(120, begin=300))
    log.publish(at(2))
    return log


def set_back(house: LogHouse) -> None:
    shutil.rmtree(house.log_folder)
    shutil.copytree(house.folder / "yesterday", house.log_folder)


def test_a_restored_backup_is_refused_until_it_is_brought_up_to_date(house: LogHouse) -> None:
    grown(house)
    shutil.copytree(house.log_folder, house.folder / "mirror")
    set_back(house)
    with pytest.raises(TrustError) as caught:
        house.open()
    assert code_of(caught) == "log-behind-published"
    assert recover(house.log_folder, house.reader(house.folder / "mirror"), seen=house.seen).size == 420
    log = house.open()
    assert list(log.entries()) == entries(420)
    log.append(entries(1, begin=420))
    assert log.publish(at(3)).size == 421


def test_a_log_is_not_recovered_from_an_older_or_another_mirror(house: LogHouse, tmp_path: Path) -> None:
    grown(house)
    shutil.copytree(house.folder / "yesterday", house.folder / "mirror")
    set_back(house)
    with pytest.raises(TrustError) as caught:
        recover(house.log_folder, house.reader(house.folder / "mirror"), seen=house.seen)
    assert code_of(caught) == "log-behind-published"
    fork(house)
    with pytest.raises(TrustError) as caught:
        recover(house.log_folder, house.reader(house.folder / "fork"), seen=house.seen)
    assert code_of(caught) == "log-forked"
    assert house.reader().checkpoint()[1].size == 300


def fork(house: LogHouse, count: int = 130) -> CertificateLog:
    """A second log with the same key that begins as yesterday's and goes another way."""
    shutil.copytree(house.folder / "yesterday", house.folder / "fork")
    log = CertificateLog(house.folder / "fork", house.identity)
    log.append(entries(count, begin=9000))
    log.publish(at(3))
    return log


def test_a_log_that_went_another_way_is_refused(house: LogHouse) -> None:
    grown(house)
    fork(house)
    shutil.rmtree(house.log_folder)
    shutil.copytree(house.folder / "fork", house.log_folder)
    with pytest.raises(TrustError) as caught:
        house.open()
    assert code_of(caught) == "log-forked"


def test_a_forked_log_cannot_be_shown_to_extend(house: LogHouse) -> None:
    grown(house)
    fork(house)
    honest = house.reader().checkpoint()[1]
    forked = house.reader(house.folder / "fork")
    head = forked.checkpoint()[1]
    with pytest.raises(TrustError) as caught:
        forked.require_extends(honest, head)
    assert code_of(caught) == "log-forked"
    with pytest.raises(TrustError) as caught:
        list(forked.entries(honest, head))
    assert code_of(caught) == "log-forked"


@pytest.mark.parametrize("attack", ["deleted", "changed", "reordered", "truncated", "added"])
def test_tampered_entries_do_not_make_the_signed_tree(house: LogHouse, attack: str) -> None:
    log = house.open()
    log.append(entries(10))
    log.publish(at(1))
    bundle = house.log_folder / "public" / "tile" / "entries" / "000.p" / "10"
    lines = [entry.encode() for entry in entries(10)]
    tampered = {
        "deleted": [*lines[:4], *lines[5:]],
        "changed": [*lines[:4], entries(1, begin=99)[0].encode(), *lines[5:]],
        "reordered": [*lines[:4], lines[5], lines[4], *lines[6:]],
        "truncated": lines[:9],
        "added": [*lines, lines[0]],
    }[attack]
    reader, checkpoint = house.reader(), house.reader().checkpoint()[1]
    assert len(list(reader.entries(None, checkpoint))) == 10  # the control
    bundle.write_bytes(b"".join(len(each).to_bytes(2, "big") + each for each in tampered))
    with pytest.raises((TrustError, PeerError)) as caught:
        list(reader.entries(None, checkpoint))
    assert code_of(caught) in {"log-forked", "merkle-bundle-malformed"}


def test_a_checkpoint_by_another_key_is_refused(house: LogHouse, tmp_path: Path) -> None:
    log = house.open()
    log.publish(at(1))
    other = LogHouse.build(tmp_path / "other")
    with pytest.raises(TrustError) as caught:
        other.reader(house.log_folder).checkpoint()
    assert code_of(caught) == "checkpoint-untrusted"
    with pytest.raises(TrustError):
        CertificateLog(house.log_folder, other.identity)


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    """Any web server: the one of the standard library, which knows nothing of logs."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_log_is_read_through_a_plain_web_server(
    house: LogHouse, capfd: pytest.CaptureFixture[str]
) -> None:
    log = grown(house)
    with web_server(house.log_folder / "public") as url:
        reader = LogReader(WebSource(url), origin=ORIGIN, key=house.identity.key)
        _, head = reader.checkpoint()
        assert head == log.checkpoint()
        assert [decode_entry(each) for _, each in reader.entries(None, head)] == entries(420)
        before = house.reader(house.folder / "yesterday").checkpoint()[1]
        reader.require_extends(before, head)
        with pytest.raises(PeerError) as missing:
            WebSource(url).get("tile/9/000", 10)
        with pytest.raises(PeerError) as long:
            WebSource(url).get("checkpoint", 10)
    assert (code_of(missing), code_of(long)) == ("log-file-missing", "log-file-long")
    with pytest.raises(UnreachableError) as gone:
        WebSource(url).get("checkpoint", 10)
    assert code_of(gone) == "log-unreachable"


def test_where_a_log_is_read_from(house: LogHouse) -> None:
    house.open().publish(at(1))
    place = house.log_folder / "public"
    assert source(str(place)).get("checkpoint", 1000) == (place / "checkpoint").read_bytes()
    for wrong, code in ((str(place / "none"), "log-unreachable"), ("file:///etc", "log-place")):
        with pytest.raises(MeterkastError) as caught:
            source(wrong).get("checkpoint", 1000)
        assert code_of(caught) == code
    with pytest.raises(PeerError):
        source(str(place)).get("tile/0/000", 1000)


def test_consistency_is_proven_between_all_published_sizes(house: LogHouse) -> None:
    log, heads = house.open(), []
    for minute in range(12):
        log.append(entries(37, begin=37 * minute))
        heads.append(log.publish(at(minute)))
    tree = house.reader()._tree(heads[-1].size)
    for head in heads:
        verify_consistency(head.size, tree.size, tree.consistency_proof(head.size), head.root, heads[-1].root)
