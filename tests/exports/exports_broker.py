"""A real mosquitto on loopback, and somebody who listens to everything it passes on."""

import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

PATIENCE = 20.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        pytest.skip(f"no {name} on this machine")
    return found


class Mosquitto:
    """A broker that can be stopped and started again on the same port, and remembers who listens to it."""

    def __init__(self, folder: Path, settings: str = "allow_anonymous true", port: int | None = None) -> None:
        self.port = port or free_port()
        self._command = [program("mosquitto"), "-c", str(folder / "mosquitto.conf")]
        lines = [
            "user root",  # otherwise, started by root, it may not read what tests write
            f"persistence true\npersistence_location {folder}/",
            f"listener {self.port} 127.0.0.1",
            settings,
        ]
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        wait_for(self._answers)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


class Listener:
    """Keeps every message in order; ``retained`` are those that the broker had kept before."""

    def __init__(self, port: int, configure: Callable[[Client], None] = lambda _client: None) -> None:
        self._arrived = threading.Condition()
        self.messages: list[tuple[str, str]] = []
        self.retained: dict[str, str] = {}
        self._ready = False
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=f"listener-{id(self)}", clean_session=False
        )
        self._client.reconnect_delay_set(1, 1)
        configure(self._client)
        self._client.on_connect = lambda client, *_told: client.subscribe("#", qos=1)
        self._client.on_subscribe = self._on_ready
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self.wait(lambda: self._ready)

    def wait(self, condition: Callable[[], bool]) -> None:
        with self._arrived:
            assert self._arrived.wait_for(condition, PATIENCE), self.messages

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def payloads(self, topic: str) -> list[str]:
        return [payload for name, payload in self.messages if name == topic]

    def _on_ready(self, *_told: object) -> None:
        with self._arrived:
            self._ready = True
            self._arrived.notify_all()

    def _on_message(self, _client: object, _data: object, message: MQTTMessage) -> None:
        with self._arrived:
            self.messages.append((message.topic, message.payload.decode()))
            if message.retain:
                self.retained[message.topic] = message.payload.decode()
            self._arrived.notify_all()


def wait_for(condition: Callable[[], bool]) -> None:
    """Asks again and again, for things that tell nobody when they happen."""
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("it did not happen in time")
