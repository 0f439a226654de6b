"""``meterkast read p1`` as people use it: on files, sockets and serial lines, with exports, until Ctrl-C."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from exports.exports_broker import Listener, Mosquitto, free_port
from exports.exports_measurements import GAS_METER, METER
from meterkast.console.cli.app import app
from meterkast.protocols.p1.dsmr5 import GasChannel, emit_dsmr5
from meterkast.protocols.p1.encrypted import EncryptedTelegram
from meterkast.protocols.p1.telegram import emit

SOURCE = Path(__file__).resolve().parents[2] / "src"
AT = 1_772_449_200
KEY = "000102030405060708090A0B0C0D0E0F"

pytestmark = pytest.mark.processes


def telegram(second: int = 0) -> bytes:
    return emit_dsmr5(
        ident="/MKV5VOORBEELD",
        at=AT + second,
        equipment=METER,
        values={"1-0:1.8.1": 1_234_567 + second, "1-0:1.7.0": 482},
        gas=[GasChannel(channel=1, equipment=GAS_METER, at=AT, index=4_321_098)],
    )


def sealed() -> bytes:
    frame = EncryptedTelegram.seal(telegram(), bytes.fromhex(KEY), system_title=b"MKVTITLE", counter=1)
    return frame.encode()


def read(*arguments: object) -> tuple[int, str, str]:
    ended = CliRunner().invoke(app, ["read", "p1", *map(str, arguments)])
    return ended.exit_code, ended.stdout, ended.stderr


def documents(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def process(*arguments: object) -> "subprocess.Popen[str]":
    script = "from meterkast.console.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", script, "read", "p1", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE), "NO_COLOR": "1"},
    )


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    path = tmp_path / "recorded"
    path.write_bytes(telegram()[100:] + telegram(0) + telegram(1)[:-2])
    return path


class Converter:
    """A serial converter on the network: to each who calls, the next piece, and then it hangs up."""

    def __init__(self, pieces: list[bytes], hold: bool = False) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._pieces = pieces
        self._hold = hold
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def where(self) -> str:
        return "{}:{}".format(*self._server.getsockname())

    def close(self) -> None:
        self._over.set()
        self._server.close()

    def _serve(self) -> None:
        for piece in self._pieces:
            caller, _ = self._server.accept()
            with caller:
                caller.sendall(piece)
                if self._hold:
                    self._over.wait(30)


@pytest.fixture
def converter() -> Iterator[Callable[..., Converter]]:
    made: list[Converter] = []

    def make(pieces: list[bytes], *, hold: bool = False) -> Converter:
        made.append(Converter(pieces, hold))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_a_file_gives_one_document_a_telegram(recorded: Path) -> None:
    code, out, err = read(recorded, "--json")
    first, second = documents(out)
    assert (code, err) == (0, "")
    assert (first["meter_id"], first["integrity"]["crc"]) == (METER, "ok")
    assert [each["timestamp"] for each in (first, second)] == [
        "2026-03-02T12:00:00+01:00",
        "2026-03-02T12:00:01+01:00",
    ]
    assert {
        "obis": "1-0:1.8.1",
        "name": "Energy import, low rate",
        "value": "1234567",
        "unit": "Wh",
    }.items() <= (first["readings"][2].items())


def test_the_peaks_of_the_capacity_tariff_are_told_apart_from_the_readings(tmp_path: Path) -> None:
    peak = ("1", "1-0:1.6.0", "1-0:1.6.0", "200501000000S", "200423192538S", "03.695*kW")
    (tmp_path / "file").write_bytes(emit("/FLU5\\TEST", [("0-0:96.1.4", ["50217"]), ("0-0:98.1.0", peak)]))
    (told,) = documents(read(tmp_path / "file", "--json")[1])
    assert [(each["obis"], each["value"], each["at"]) for each in told["history"]] == [
        ("1-0:1.6.0", "3695", "2020-04-23T19:25:38+02:00")
    ]
    assert [each["obis"] for each in told["readings"]] == ["0-0:96.1.4"]
    out = read(tmp_path / "file", "--export", f"influx:{tmp_path}/points")[1]
    assert "3695 W" in out
    assert "Belgium" in out


def test_people_see_a_table_in_their_language(recorded: Path) -> None:
    code, out, _ = read(recorded, "--count", 1, "--lang", "nl")
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == f"2026-03-02T12:00:00+01:00  {METER}  DSMR 5  crc ok"
    assert "  1-0:1.8.1      Verbruik, laag tarief                        1234567 Wh" in lines
    assert out.count("DSMR 5") == 1


def test_an_old_meter_sends_seven_bits_and_their_parity(tmp_path: Path) -> None:
    plain = b"/MKV3TEST\r\n\r\n0-0:96.1.1(4D4B56)\r\n1-0:1.8.1(00001.001*kWh)\r\n0-0:96.13.1()\r\n!\r\n"
    (tmp_path / "file").write_bytes(bytes(octet | (octet.bit_count() % 2) << 7 for octet in plain))
    (told,) = documents(read(tmp_path / "file", "--json", "--speed", 9600)[1])
    assert (told["meter_id"], told["findings"]) == ("MKV", [])
    assert read(tmp_path / "file", "--json")[0] == 3


def test_a_meter_does_not_steer_the_terminal(tmp_path: Path) -> None:
    steering = b"/MKV5TEST\r\n\r\n0-0:96.1.1(\x1b[2J)\r\n0-0:96.13.0(\x9b2J)\r\n!\r\n"
    (tmp_path / "file").write_bytes(steering)
    code, out, _ = read(tmp_path / "file")
    assert code == 0
    assert not {"\x1b", "\x9b"} & set(out)


def test_standard_input_is_a_line_too() -> None:
    reading = process("-", "--json", "--count", 1)
    out, err = reading.communicate(telegram().decode(), timeout=30)
    assert (reading.returncode, err) == (0, "")
    assert documents(out)[0]["meter_id"] == METER


def test_a_line_that_breaks_is_opened_again(converter: Callable[..., Converter]) -> None:
    line = converter([telegram(0)[:200], telegram(1), telegram(2)])
    code, out, err = read(line.where, "--json", "--count", 3)
    assert code == 0
    told = documents(out)
    # The first telegram was cut by the hanging up; what followed it made that plain.
    assert [each["integrity"]["crc"] for each in told] == ["bad", "ok", "ok"]
    assert err.count("is away; trying again in") == 2


def test_a_serial_line(tmp_path: Path) -> None:
    near, far = os.openpty()
    name = os.ttyname(far)
    reading = process(name, "--json", "--count", 2, "--export", f"csv:{tmp_path}/values.csv")
    stop = threading.Event()

    def meter() -> None:
        second = 0
        while not stop.wait(0.05):
            os.write(near, telegram(second))
            second += 1

    thread = threading.Thread(target=meter)
    thread.start()
    out, err = reading.communicate(timeout=60)
    stop.set()
    thread.join()
    assert (reading.returncode, len(documents(out))) == (0, 2), err
    assert (tmp_path / "values.csv").read_text().count("1-0:1.8.1") == 2
    os.close(near)
    os.close(far)


def test_silence_ends_with_4(converter: Callable[..., Converter]) -> None:
    line = converter([b"nothing of use"], hold=True)
    code, out, _ = read(line.where, "--json", "--timeout", 0.3)
    assert (code, documents(out)[0]["error"]["code"]) == (4, "p1-silent")


def test_nobody_there_ends_with_4_at_once() -> None:
    code, out, _ = read(f"127.0.0.1:{free_port()}", "--json")
    assert (code, documents(out)[0]["error"]["code"]) == (4, "peer-unreachable")


def test_a_patient_reader_waits_for_a_line_that_is_not_there_yet() -> None:
    port = free_port()
    reading = process(f"127.0.0.1:{port}", "--json", "--count", 1, "--timeout", 0)
    assert reading.stderr is not None
    assert "is away" in reading.stderr.readline()
    with socket.create_server(("127.0.0.1", port)) as server:
        caller, _ = server.accept()
        with caller:
            caller.sendall(telegram())
            out, _ = reading.communicate(timeout=30)
    assert (reading.returncode, len(documents(out))) == (0, 1)


@pytest.mark.parametrize(
    ("octets", "options", "code", "error"),
    [
        (b"no telegram at all", [], 3, "p1-start-missing"),
        (b"", [], 3, "p1-start-missing"),
        (sealed(), [], 3, "key-needed"),
        (sealed(), ["--key", "00" * 16], 5, "p1-tag-wrong"),
        (sealed() * 5, ["--key", "00" * 16], 5, "p1-tag-wrong"),
        (sealed(), ["--key", "00"], 2, "key-malformed"),
    ],
)
def test_what_goes_wrong_has_its_code(
    tmp_path: Path, octets: bytes, options: list[str], code: int, error: str
) -> None:
    (tmp_path / "file").write_bytes(octets)
    ended, out, _ = read(tmp_path / "file", "--json", *options)
    assert (ended, documents(out)[-1]["error"]["code"]) == (code, error)


def test_a_key_that_opens_nothing_does_not_wait_for_better_times(converter: Callable[..., Converter]) -> None:
    line = converter([sealed() * 3], hold=True)
    code, out, err = read(line.where, "--json", "--key", "00" * 16)
    assert (code, documents(out)[0]["error"]["code"]) == (5, "p1-tag-wrong")
    assert err.count("octets gave no telegram") == 2


def test_an_encrypted_port_is_read_with_its_key(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(sealed())
    code, out, _ = read(tmp_path / "file", "--json", "--key", KEY)
    assert (code, documents(out)[0]["integrity"]) == (0, {"crc": "ok", "mac": "verified"})


def test_a_damaged_telegram_is_shown_and_handed_on_to_nobody(tmp_path: Path) -> None:
    damaged = telegram().replace(b"001234.567", b"901234.567")
    (tmp_path / "file").write_bytes(damaged + telegram(1))
    code, out, _ = read(tmp_path / "file", "--export", f"influx:{tmp_path}/points")
    assert code == 0
    assert "warning: The CRC is that of another telegram. [p1-crc-wrong, line 12]" in out
    points = (tmp_path / "points").read_text()
    assert "value=1234568 " in points
    assert "value=901234567 " not in points


def test_ctrl_c_ends_it_well_and_says_goodbye_to_the_broker(
    tmp_path: Path, converter: Callable[..., Converter]
) -> None:
    broker = Mosquitto(tmp_path)
    listener = Listener(broker.port)
    line = converter([telegram(0)], hold=True)
    target = f"mqtt://127.0.0.1:{broker.port}/house"
    reading = process(line.where, "--json", "--export", target, "--timeout", 0)
    gas = f"house/{GAS_METER}/0_1_24_2_1"
    listener.wait(lambda: bool(listener.payloads(gas)))
    reading.send_signal(signal.SIGINT)
    out, err = reading.communicate(timeout=30)
    listener.wait(lambda: listener.payloads("house/status") == ["online", "offline"])
    listener.close()
    broker.stop()
    assert (reading.returncode, err, len(documents(out))) == (0, "", 1)
    assert json.loads(listener.payloads(gas)[0]) == {
        "value": 4321.098,
        "unit": "m³",
        "at": "2026-03-02T12:00:00+01:00",
    }


def test_a_table_on_standard_output_leaves_no_room_for_the_screen(recorded: Path) -> None:
    reading = process(recorded, "--export", "csv:-")
    out, _ = reading.communicate(timeout=30)
    assert reading.returncode == 0
    assert out.splitlines()[0].startswith("ean,device,medium,obis")
    assert "DSMR 5" not in out
    code, out, _ = read(recorded, "--json", "--export", "influx:-")
    assert (code, documents(out)[0]["error"]["code"]) == (2, "stdout-taken")


def test_stored_readings_go_the_same_ways(tmp_path: Path, recorded: Path) -> None:
    (tmp_path / "telegram").write_bytes(telegram())
    site = tmp_path / "site"
    run = CliRunner()
    assert run.invoke(app, ["import", str(tmp_path / "telegram"), "--site", str(site)]).exit_code == 0
    targets = [f"influx:{tmp_path}/points", f"parquet:{tmp_path}/table", f"prometheus:{tmp_path}/m.prom"]
    options = [part for target in targets for part in ("--export", target)]
    ended = run.invoke(app, ["readings", "--site", str(site), "--json", *options])
    assert (ended.exit_code, json.loads(ended.stdout)["targets"]) == (0, 3)
    read(recorded, "--count", 1, "--export", f"influx:{tmp_path}/live")
    assert sorted((tmp_path / "points").read_text().splitlines()) == sorted(
        (tmp_path / "live").read_text().splitlines()
    )
    assert 'obis="0-1:24.2.1"} 4321.098\n' in (tmp_path / "m.prom").read_text()
    refused = run.invoke(app, ["readings", "--site", str(site), "--format", "csv", *options])
    assert refused.exit_code == 2
