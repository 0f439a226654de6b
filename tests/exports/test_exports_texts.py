"""Line protocol, Prometheus' text format and tables: what is in them, and what a hostile name cannot add."""

import csv
import io
import re
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from exports.exports_measurements import AT, HOSTILE, HOUSE, METER, measurement
from meterkast.console.exports.exposition import exposition
from meterkast.console.exports.line_protocol import lines
from meterkast.console.exports.prometheus import MOST_SERIES, Latest, PrometheusPort
from meterkast.console.exports.sink import Sink
from meterkast.console.exports.target import open_sink, open_sinks
from meterkast.mdm.access import Row
from meterkast.model.errors import DataError, LocalError, PeerError, TrustError, UnreachableError

# One point: measurement, tags whose special characters are escaped, one field, one time.
POINT = re.compile(
    r"meterkast(?:,(?:device|medium|obis|unit)=(?:[^\\,= \n]|\\[,= ])+)+ value=-?[0-9.]+ [0-9]+000000000\n"
)
SAMPLE = re.compile(
    r'meterkast_[a-z_]+\{device="(?:[^"\\\n]|\\["\\n])*",medium="[a-z]+",obis="[0-9.:-]+"\} -?[0-9.]+'
)


def sink(target: str, told: list[str] | None = None, *, live: bool = True) -> Sink:
    return open_sink(target, language="en", tell=(told if told is not None else []).append, live=live)


def test_points_are_in_the_base_unit_at_the_time_of_the_value() -> None:
    assert lines(HOUSE[:2]) == (
        f"meterkast,device={METER},medium=electricity,obis=1-0:1.8.1,unit=Wh value=1234567 {AT}000000000\n"
        f"meterkast,device={METER},medium=electricity,obis=1-0:1.7.0,unit=W value=482 {AT}000000000\n"
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_adds_no_tag_no_field_and_no_line(name: str) -> None:
    assert POINT.fullmatch(lines([measurement(device=name)]))
    (kind, sample, *times) = exposition([measurement(device=name)]).rstrip().split("\n")
    assert kind == "# TYPE meterkast_energy_watt_hours_total counter"
    assert SAMPLE.fullmatch(sample)
    assert len(times) == 2


@given(st.text(min_size=1, max_size=40))
def test_whatever_the_name_there_is_one_point_and_one_sample(name: str) -> None:
    assert POINT.fullmatch(lines([measurement(device=name)]))
    assert SAMPLE.fullmatch(exposition([measurement(device=name)]).split("\n")[1])


def test_registers_are_counters_and_the_rest_gauges() -> None:
    text = exposition(HOUSE)
    assert f'meterkast_power_watts{{device="{METER}",medium="electricity",obis="1-0:1.7.0"}} 482\n' in text
    assert "# TYPE meterkast_volume_cubic_metres_total counter\n" in text
    assert "# TYPE meterkast_voltage_volts gauge\n" in text
    names = re.findall(r"# TYPE (\S+)", text)
    assert len(names) == len(set(names))


def test_prometheus_asks_and_is_told_the_latest() -> None:
    port = PrometheusPort("127.0.0.1", 0)
    port.write([measurement(value="2", at=AT), measurement("1-0:1.7.0", "1", "W")])
    port.write([measurement(value="1", at=AT - 1)])
    with urlopen(f"http://127.0.0.1:{port.port}/metrics") as answer:
        text = answer.read().decode()
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'obis="1-0:1.8.1"} 2\n' in text
    with pytest.raises(OSError, match="404"):
        urlopen(f"http://127.0.0.1:{port.port}/etc/passwd")
    with pytest.raises(LocalError) as caught:
        PrometheusPort("127.0.0.1", port.port)
    assert caught.value.code == "port-unusable"
    port.close()


def test_a_meter_with_ever_new_names_does_not_fill_the_memory() -> None:
    latest = Latest()
    latest.take([measurement(device=f"m{number}") for number in range(MOST_SERIES + 5)])
    text = latest.text()
    assert text.count("watt_hours_total{") == MOST_SERIES
    assert 'device="m4"' not in text


def test_node_exporter_finds_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "meter.prom"
    file = sink(f"prometheus:{path}")
    file.write(HOUSE)
    assert path.read_text() == exposition(HOUSE)
    file.close()
    assert [each.name for each in tmp_path.iterdir()] == ["meter.prom"]
    with pytest.raises(DataError):
        sink(f"prometheus:{tmp_path}/nowhere/x.prom").write(HOUSE)


def test_points_are_added_to_a_file(tmp_path: Path) -> None:
    for _ in range(2):
        file = sink(f"influx:{tmp_path}/points")
        file.write(HOUSE)
        file.close()
    assert (tmp_path / "points").read_text() == 2 * lines(HOUSE)
    with pytest.raises(DataError):
        sink(f"influx:{tmp_path}/nowhere/points")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_tables_have_the_columns_of_stored_readings(kind: str, tmp_path: Path) -> None:
    file = sink(f"{kind}:{tmp_path}/table")
    file.write(HOUSE)
    file.write(HOUSE)
    file.close()
    octets = (tmp_path / "table").read_bytes()
    if kind == "csv":
        rows = list(csv.DictReader(io.StringIO(octets.decode())))
        assert list(rows[0]) == list(Row.__annotations__)
        value = rows[10]["value"]
    else:
        table = parquet.read_table(io.BytesIO(octets))
        assert table.column_names == list(Row.__annotations__)
        rows = table.to_pylist()
        value = str(rows[10]["value"].normalize())
        assert parquet.ParquetFile(tmp_path / "table").num_row_groups == 1
    assert len(rows) == 2 * len(HOUSE)
    assert (rows[10]["obis"], rows[10]["unit"], value) == ("0-1:24.2.1", "m3", "4321.098")
    assert rows[0]["start_utc"] == "2026-03-02T11:00:00Z"


class Influx(ThreadingHTTPServer):
    """Takes points, or answers with ``status``."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Points)
        self.status = 204
        self.bodies: list[str] = []
        self.tokens: list[str | None] = []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def target(self) -> str:
        return f"influx:http://127.0.0.1:{self.server_address[1]}/api/v2/write?org=home&bucket=p1"


class _Points(BaseHTTPRequestHandler):
    server: Influx

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.server.status == 204:
            self.server.bodies.append(body)
            self.server.tokens.append(self.headers["Authorization"])
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


@pytest.fixture
def influx() -> Iterator[Influx]:
    server = Influx()
    yield server
    server.shutdown()
    server.server_close()


def test_points_are_posted_with_the_token(influx: Influx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METERKAST_INFLUX_TOKEN", "geheim")
    file = sink(influx.target)
    file.write(HOUSE)
    file.close()
    assert influx.bodies == [lines(HOUSE)]
    assert influx.tokens == ["Token geheim"]


def test_points_wait_for_a_server_that_is_busy(influx: Influx) -> None:
    told: list[str] = []
    file = sink(influx.target, told)
    influx.status = 503
    for value in range(3):
        file.write([measurement(value=str(value))])
    influx.status = 204
    file.write([measurement(value="3")])
    file.close()
    assert "".join(influx.bodies) == lines([measurement(value=str(value)) for value in range(4)])
    assert len(told) == 2


def test_a_long_row_goes_out_in_parts_and_in_order(influx: Influx) -> None:
    file = sink(influx.target)
    influx.status = 503
    for value in range(450):
        file.write([measurement(value=str(value))])
    influx.status = 204
    file.close()
    assert len(influx.bodies) == 3
    assert "".join(influx.bodies) == lines([measurement(value=str(value)) for value in range(450)])


def test_a_server_that_stays_away_is_said_in_the_end(influx: Influx) -> None:
    influx.status = 503
    file = sink(influx.target)
    file.write(HOUSE)
    with pytest.raises(UnreachableError):
        file.close()
    with pytest.raises(UnreachableError):
        sink(influx.target, live=False).write(HOUSE)


@pytest.mark.parametrize(
    ("status", "error"), [(401, TrustError), (403, TrustError), (400, PeerError), (302, PeerError)]
)
def test_a_refusal_is_no_outage(influx: Influx, status: int, error: type[Exception]) -> None:
    influx.status = status
    with pytest.raises(error):
        sink(influx.target).write(HOUSE)


@pytest.mark.parametrize(
    "target",
    [
        "",
        "mqtt:",
        "mqtt://",
        "mqtt:///house",
        "mqtt://host:99999/house",
        "mqtt://host/a/#",
        "mqtt://host/$SYS",
        "mqtt://host/house?colour=green",
        "influx:http:///write",
        "prometheus:http",
        "prometheus:70000",
        "kafka:host",
        "plain",
    ],
)
def test_what_is_no_target_is_said_without_repeating_it(target: str) -> None:
    with pytest.raises(LocalError) as caught:
        sink(target)
    assert caught.value.code == "target-malformed"
    assert not target or target not in f"{caught.value}"


@pytest.mark.parametrize(
    "target",
    [
        "mqtt://house:geheim@host/house",
        "influx:https://house:geheim@host/write",
        "influx:http://host/write?u=house&p=geheim",
    ],
)
def test_a_password_on_the_command_line_is_refused(target: str) -> None:
    with pytest.raises(LocalError) as caught:
        sink(target)
    assert caught.value.code == "target-holds-secret"
    assert "geheim" not in f"{caught.value.to_dict()}"


def test_a_secret_that_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METERKAST_MQTT_PASSWORD_FILE", "/nowhere")
    with pytest.raises(DataError) as caught:
        sink("mqtt://house@host/house")
    assert caught.value.code == "secret-unreadable"


@pytest.mark.parametrize(("targets", "as_json"), [(["influx:-", "csv:-"], False), (["csv:-"], True)])
def test_standard_output_is_given_away_once(targets: list[str], as_json: bool) -> None:
    with (
        pytest.raises(LocalError) as caught,
        open_sinks(targets, language="en", tell=print, as_json=as_json),
    ):
        pytest.fail("nothing was opened")
    assert caught.value.code == "stdout-taken"


def test_standard_output_stays_open(capsys: pytest.CaptureFixture[str]) -> None:
    with open_sinks(["influx:-"], language="en", tell=print, as_json=False) as (points,):
        points.write(HOUSE[:1])
    sys.stdout.write("")
    assert capsys.readouterr().out == lines(HOUSE[:1])
