"""``meterkast explain`` on several messages: in one file, and on live lines."""

import base64
import os
import select
import socket
import threading
import tty
from pathlib import Path

from console.test_console_cli import document, meterkast
from meterkast.console.exits import Exit
from meterkast.protocols.mbus.frame import LongFrame

TELEGRAM = b"/MKM5METER\r\n\r\n1-0:1.8.1(000001.000*kWh)\r\n!\r\n"
FRAMES = [LongFrame(control=8, address=each, ci=0x78, payload=b"\x01\x13\x05").encode() for each in (1, 2)]


def lines(out: str) -> list[str]:
    return out.splitlines()


def test_each_message_of_a_file_has_a_document_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "both.b64"
    path.write_bytes(base64.encodebytes(b"".join(FRAMES) + TELEGRAM))
    code, out, _ = meterkast("explain", "--json", str(path))
    documents = [document(line) for line in lines(out)]
    assert code == Exit.DONE
    assert [each["message"] for each in documents] == [1, 2, 3]
    assert [each["family"] for each in documents] == ["mbus", "mbus", "p1"]


def test_a_message_that_is_refused_does_not_end_the_others(tmp_path: Path) -> None:
    odd = LongFrame(control=8, address=1, ci=0x78, payload=b"\x01").encode()
    path = tmp_path / "frames.hex"
    path.write_text("\n".join(each.hex() for each in (FRAMES[0], odd, FRAMES[1])))
    code, out, err = meterkast("explain", "--json", str(path))
    documents = [document(line) for line in lines(out)]
    assert code == Exit.BAD_INPUT
    assert ["error" in each for each in documents] == [False, True, False]
    assert "mbus-record-cut" in err


def test_people_see_which_message_it_is(tmp_path: Path) -> None:
    path = tmp_path / "frames.bin"
    path.write_bytes(b"".join(FRAMES))
    out = meterkast("explain", str(path))[1]
    assert "== message 1" in out
    assert "== message 2" in out


def test_a_live_tcp_line_is_explained_until_it_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(TELEGRAM[9:] + TELEGRAM + TELEGRAM)

        speaking = threading.Thread(target=speak)
        speaking.start()
        code, out, _ = meterkast("explain", "--json", f"127.0.0.1:{server.getsockname()[1]}")
        speaking.join()
    assert code == Exit.DONE
    assert [document(line)["family"] for line in lines(out)] == ["p1", "p1"]


def test_a_live_serial_port_is_explained_for_as_many_messages_as_are_asked_for() -> None:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    heard = threading.Event()

    def speak() -> None:
        while not heard.is_set():
            if select.select([], [ours], [], 0.1)[1]:
                os.write(ours, TELEGRAM)

    speaking = threading.Thread(target=speak)
    try:
        os.set_blocking(ours, False)
        speaking.start()
        code, out, _ = meterkast("explain", "--json", os.ttyname(theirs), "--count", "2")
    finally:
        heard.set()
        speaking.join()
        os.close(ours)
        os.close(theirs)
    assert code == Exit.DONE
    assert [document(line)["message"] for line in lines(out)] == [1, 2]


def test_a_line_where_nobody_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    code, out, _ = meterkast("explain", "--json", f"127.0.0.1:{port}")
    assert code == Exit.UNREACHABLE
    assert document(out)["error"]["code"] == "peer-unreachable"


def test_a_meter_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "hostile.txt"
    path.write_bytes(TELEGRAM.replace(b"METER", b"\x1b[2JME\x07TER"))
    out = meterkast("explain", str(path))[1]
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "TER" in out
