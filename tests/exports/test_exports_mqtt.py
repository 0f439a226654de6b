"""MQTT with a real broker: what arrives, what stays, and what outages and wrong passwords do."""

import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import Client

from exports.exports_broker import Listener, Mosquitto, free_port, program, wait_for
from exports.exports_measurements import GAS_METER, HOUSE, METER, measurement
from meterkast.console.exports.broker import Broker
from meterkast.console.exports.mqtt import MqttSink
from meterkast.console.exports.target import open_sink
from meterkast.model.errors import DataError, LocalError, TrustError, UnreachableError

TOPIC = f"house/{METER}/1_0_1_8_1"
DESCRIPTION = f"homeassistant/sensor/meterkast_{METER}_1_0_1_8_1/config"
STATUS = "house/status"

SOURCE = Path(__file__).resolve().parents[2] / "src"

pytestmark = pytest.mark.processes


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    running = Mosquitto(tmp_path)
    yield running
    running.stop()


def sink_at(port: int, told: list[str] | None = None, **more: object) -> MqttSink:
    settings = {"live": True, "patience": 20.0, "most_waiting": 50_000} | more
    tell = (told if told is not None else []).append
    return MqttSink(Broker(host="127.0.0.1", port=port, prefix="house"), "en", tell, **settings)  # type: ignore[arg-type]


def test_values_arrive_with_unit_and_time_and_nothing_of_them_is_kept_by_the_broker(
    broker: Mosquitto,
) -> None:
    listener = Listener(broker.port)
    sink = sink_at(broker.port)
    sink.write(HOUSE)
    sink.close()
    listener.wait(lambda: len(listener.payloads(STATUS)) == 2)
    (energy,) = listener.payloads(TOPIC)
    assert energy == '{"value": 1234.567, "unit": "kWh", "at": "2026-03-02T12:00:00+01:00"}'
    (gas,) = listener.payloads(f"house/{GAS_METER}/0_1_24_2_1")
    assert json.loads(gas)["value"] == 4321.098
    listener.close()
    late = Listener(broker.port)
    late.wait(lambda: len(late.retained) > len(HOUSE))
    late.close()
    assert late.retained[STATUS] == "offline"
    kept = {topic for topic in late.retained if topic.endswith("/config")}
    assert len(kept) == len(HOUSE)
    assert set(late.retained) == kept | {STATUS}


def test_presence_is_told_and_taken_back_by_the_last_will(broker: Mosquitto) -> None:
    listener = Listener(broker.port)
    script = (
        "import sys, threading\n"
        "from meterkast.console.exports.broker import Broker\n"
        "from meterkast.console.exports.mqtt import MqttSink\n"
        "MqttSink(Broker(host='127.0.0.1', port=int(sys.argv[1]), prefix='house'), 'en', print)\n"
        "threading.Event().wait()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    process = subprocess.Popen([sys.executable, "-c", script, str(broker.port)], env=environment)
    listener.wait(lambda: listener.payloads(STATUS) == ["online"])
    process.kill()
    process.wait()
    listener.wait(lambda: listener.payloads(STATUS) == ["online", "offline"])
    listener.close()


def test_nothing_is_lost_while_the_broker_is_away(broker: Mosquitto) -> None:
    told: list[str] = []
    listener = Listener(broker.port)
    sink = sink_at(broker.port, told)
    sink.write([measurement(value="0")])
    listener.wait(lambda: len(listener.payloads(TOPIC)) == 1)
    broker.stop()
    for value in range(1, 301):
        sink.write([measurement(value=str(value))])
    wait_for(lambda: len(told) == 1)
    broker.start()
    sink.close()
    listener.wait(lambda: listener.payloads(STATUS)[-1:] == ["offline"])
    listener.close()
    arrived = [json.loads(payload)["value"] for payload in listener.payloads(TOPIC)]
    assert list(dict.fromkeys(arrived)) == [value / 1000 for value in range(301)]
    assert [told[0].split()[1:3], told[1].split()[1:3]] == [["takes", "nothing"], ["is", "back"]]
    assert sink.dropped == 0


def test_a_broker_that_stays_away_costs_the_oldest_values_and_says_so(tmp_path: Path) -> None:
    told: list[str] = []
    port = free_port()
    sink = sink_at(port, told, most_waiting=10)
    for value in range(25):
        sink.write([measurement(value=str(value))])
    # The description of the sensor waits in the same row, and comes again with the greeting.
    assert sink.dropped == 16
    assert any("oldest values are dropped" in each for each in told)
    broker = Mosquitto(tmp_path, port=port)
    listener = Listener(port)
    sink.write([measurement(value="25")])
    sink.close()
    listener.wait(lambda: listener.payloads(STATUS)[-1:] == ["offline"])
    assert DESCRIPTION in dict(listener.messages)
    arrived = [json.loads(payload)["value"] for payload in listener.payloads(TOPIC)]
    assert arrived == [value / 1000 for value in range(26 - len(arrived), 26)]
    assert len(arrived) <= 11
    listener.close()
    broker.stop()


def test_what_was_never_taken_is_said_in_the_end() -> None:
    sink = sink_at(free_port(), patience=0.2)
    sink.write([measurement()])
    with pytest.raises(UnreachableError) as caught:
        sink.close()
    assert caught.value.code == "mqtt-undelivered"


def test_stored_values_are_not_dropped_but_wait_for_the_broker() -> None:
    sink = sink_at(free_port(), patience=0.2, most_waiting=10, live=False)
    with pytest.raises(UnreachableError):
        sink.write([measurement(value=str(value)) for value in range(25)])
    assert sink.dropped == 0
    with pytest.raises(UnreachableError):
        sink.close()


def test_a_broker_that_forgot_everything_is_told_again(broker: Mosquitto, tmp_path: Path) -> None:
    sink = sink_at(broker.port)
    sink.write([measurement()])
    wait_for(lambda: _retained(broker) >= {DESCRIPTION, STATUS})
    broker.stop()
    (tmp_path / "mosquitto.db").unlink()
    broker.start()
    wait_for(lambda: _retained(broker) >= {DESCRIPTION, STATUS})
    sink.close()


def _retained(broker: Mosquitto) -> set[str]:
    listener = Listener(broker.port)
    wait = threading.Event()
    wait.wait(0.1)
    listener.close()
    return set(listener.retained)


@pytest.fixture
def guarded(tmp_path: Path, certificates: Path) -> Iterator[Mosquitto]:
    """A broker with TLS that wants a password."""
    passwords = tmp_path / "passwords"
    subprocess.run([program("mosquitto_passwd"), "-b", "-c", str(passwords), "house", "geheim"], check=True)
    settings = (
        f"allow_anonymous false\npassword_file {passwords}\n"
        f"cafile {certificates}/ca.pem\ncertfile {certificates}/server.pem\nkeyfile {certificates}/server.key"
    )
    running = Mosquitto(tmp_path, settings)
    yield running
    running.stop()


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """An authority and a broker's certificate for localhost."""
    openssl, folder = program("openssl"), tmp_path / "tls"
    folder.mkdir()
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    made = [
        ["req", "-x509", *key, "-subj", "/CN=CA", "-keyout", "ca.key", "-out", "ca.pem"],
        [
            *["req", "-x509", *key, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.pem"],
            *["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "subjectAltName=DNS:localhost"],
            *["-addext", "basicConstraints=critical,CA:FALSE"],
        ],
    ]
    for arguments in made:
        subprocess.run([openssl, *arguments], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    return folder


def test_tls_and_a_password_from_a_file(
    guarded: Mosquitto, certificates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("geheim\n")
    monkeypatch.setenv("METERKAST_MQTT_PASSWORD_FILE", str(tmp_path / "secret"))
    target = f"mqtts://house@localhost:{guarded.port}/house?ca={certificates}/ca.pem"
    told: list[str] = []
    sink = open_sink(target, language="nl", tell=told.append)

    def configure(client: Client) -> None:
        client.tls_set_context(ssl.create_default_context(cafile=certificates / "ca.pem"))
        client.tls_insecure_set(True)
        client.username_pw_set("house", "geheim")

    listener = Listener(guarded.port, configure)
    sink.write([measurement()])
    sink.close()
    listener.wait(lambda: len(listener.payloads(TOPIC)) == 1)
    listener.close()
    assert json.loads(listener.payloads(DESCRIPTION)[0])["name"] == "Verbruik, laag tarief"
    assert not told


def test_a_wrong_password_is_a_refusal_and_not_an_outage(
    guarded: Mosquitto, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METERKAST_MQTT_PASSWORD", "fout")
    target = f"mqtts://house@localhost:{guarded.port}/house?ca={certificates}/ca.pem"
    told: list[str] = []
    sink = open_sink(target, language="en", tell=told.append)
    wait_for(lambda: bool(told))
    with pytest.raises(TrustError) as caught:
        sink.write([measurement()])
    assert caught.value.code == "mqtt-refused"
    assert "fout" not in f"{caught.value.to_dict()}"
    with pytest.raises(TrustError):
        sink.close()


def test_a_broker_whose_certificate_nobody_vouches_for_gets_nothing(guarded: Mosquitto) -> None:
    told: list[str] = []
    sink = MqttSink(
        Broker(host="localhost", port=guarded.port, tls=True, user="house", password="geheim"),
        "en",
        told.append,
        patience=0.2,
    )
    sink.write([measurement()])
    wait_for(lambda: bool(told))
    with pytest.raises(UnreachableError):
        sink.close()


def test_a_password_is_not_shown_with_the_rest() -> None:
    assert "geheim" not in repr(Broker(host="localhost", port=1883, password="geheim"))


def test_an_authority_that_cannot_be_read_is_said_at_once() -> None:
    with pytest.raises(DataError) as caught:
        open_sink("mqtts://localhost/house?ca=/nowhere.pem", language="en", tell=print)
    assert caught.value.code == "export-ca-unreadable"


def test_without_paho_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    with pytest.raises(LocalError) as caught:
        open_sink("mqtt://localhost/house", language="en", tell=print)
    assert caught.value.code == "export-needs-mqtt"
