"""MQTT with Home Assistant's discovery: descriptions retained, presence by last will, nothing lost meanwhile.

A value is published as ``{"value", "unit", "at"}`` with QoS 1. While the broker is away values wait here, in
their order; what paho has taken over it sends again after a reconnect by itself.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from meterkast.console.exports.broker import Broker, tls_context
from meterkast.console.exports.discovery import (
    availability_topic,
    description,
    discovery_topic,
    state,
    state_topic,
)
from meterkast.console.exports.measurement import Measurement
from meterkast.model.errors import LocalError, TrustError, UnreachableError
from meterkast.protocols.cosem.catalogue import Language

if TYPE_CHECKING:
    from paho.mqtt.client import Client

MOST_WAITING = 50_000
"""Values that are kept while the broker is away: 25 minutes of a telegram a second. The oldest go first."""

MOST_SENSORS = 1000
"""A port that names ever new meters gets no more descriptions than these."""

_BATCH = 100
_QOS = 1


@dataclass(frozen=True, slots=True)
class _Message:
    topic: str
    payload: str
    retain: bool = False


class MqttSink:
    """Publishes from a thread of its own, so that a slow broker holds nobody up.

    Args:
        broker: where.
        language: of the sensors' names.
        tell: takes a sentence for people when the broker goes away, comes back, or refuses.
        live: values come from a meter, as time goes by; a sensor that gets none any more is unavailable.
        patience: seconds that ``close`` waits for what has not been confirmed.
        most_waiting: how many values are kept while the broker is away.

    Raises:
        LocalError: ``export-needs-mqtt``.
        DataError: ``export-ca-unreadable``.
    """

    def __init__(
        self,
        broker: Broker,
        language: Language,
        tell: Callable[[str], None],
        *,
        live: bool = True,
        patience: float = 10.0,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._broker = broker
        self._language = language
        self._tell = tell
        self._live = live
        self._patience = patience
        self._most = most_waiting
        self._changed = threading.Condition()
        self._waiting: deque[_Message] = deque()
        self._descriptions: dict[str, _Message] = {}
        self._unconfirmed = 0
        self._connected = self._greeting = self._closing = self._given_up = self._away = False
        self._refusal: str | None = None
        self.dropped = 0
        self._client = self._made()
        self._client.connect_async(broker.host, broker.port)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._deliver, name="mqtt", daemon=True)
        self._thread.start()

    def write(self, measurements: Sequence[Measurement]) -> None:
        """Takes the numbers of one message.

        Raises:
            TrustError: ``mqtt-refused`` where the broker does not accept user and password.
            UnreachableError: ``mqtt-undelivered`` where values are not live, need not be dropped, and stay.
        """
        with self._changed:
            self._require_welcome()
            if not self._live:
                self._wait_for_room(len(measurements))
            for each in measurements:
                self._describe(each)
                self._waiting.append(_Message(state_topic(self._broker.prefix, each), state(each)))
            if self._live:
                self._forget_the_oldest()
            self._changed.notify_all()

    def close(self) -> None:
        """Says goodbye once everything has been confirmed.

        Raises:
            UnreachableError: ``mqtt-undelivered``.
            TrustError: ``mqtt-refused``.
        """
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            welcome = self._refusal is None
        self._thread.join(self._patience if welcome else 0)
        left = self._thread.is_alive()
        with self._changed:
            self._given_up = True
            self._changed.notify_all()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()
        self._require_welcome()
        if left:
            raise self._undelivered()

    def _made(self) -> "Client":
        try:
            from paho.mqtt.client import Client
            from paho.mqtt.enums import CallbackAPIVersion
        except ImportError as error:
            raise LocalError(
                "export-needs-mqtt",
                "MQTT needs a part of Meterkast that is not installed.",
                hint="In a clone: ./mk setup. Elsewhere: pip install 'meterkast[mqtt]'.",
            ) from error
        client = Client(CallbackAPIVersion.VERSION2)
        client.reconnect_delay_set(min_delay=1, max_delay=60)
        client.will_set(availability_topic(self._broker.prefix), "offline", qos=_QOS, retain=True)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_away
        client.on_disconnect = self._on_away
        client.on_publish = self._on_confirmed
        if self._broker.user is not None:
            client.username_pw_set(self._broker.user, self._broker.password)
        if self._broker.tls:
            client.tls_set_context(tls_context(self._broker.ca))
        return client

    # Paho calls these from its own thread, at times with its locks held: nothing here calls paho back.

    def _on_connect(self, _client: object, _data: object, _flags: object, reason: Any, _more: object) -> None:  # noqa: ANN401
        with self._changed:
            if reason.is_failure:
                self._refusal = f"{reason}"
                self._say_away()
                return
            self._refusal = None
            if self._away:
                self._tell(f"{self._broker.where} is back")
            self._away = False
            self._connected = self._greeting = True
            self._changed.notify_all()

    def _on_away(self, *_told: object) -> None:
        with self._changed:
            self._connected = False
            if not self._closing:
                self._say_away()

    def _on_confirmed(self, *_told: object) -> None:
        with self._changed:
            self._unconfirmed -= 1
            self._changed.notify_all()

    def _say_away(self) -> None:
        if not self._away:
            self._away = True
            self._tell(f"{self._broker.where} takes nothing now; values are kept, at most {self._most}")

    def _require_welcome(self) -> None:
        if self._refusal is not None:
            raise TrustError(
                "mqtt-refused",
                f"The broker refuses us: {self._refusal}.",
                where=self._broker.where,
                hint="Check the user name, and METERKAST_MQTT_PASSWORD or METERKAST_MQTT_PASSWORD_FILE.",
            )

    def _describe(self, measurement: Measurement) -> None:
        """Its description goes out once, and again after every reconnect: a broker may have forgotten it."""
        if not self._broker.discovery:
            return
        topic = discovery_topic(self._broker.discovery, measurement)
        if topic not in self._descriptions and len(self._descriptions) < MOST_SENSORS:
            document = description(self._broker.prefix, measurement, self._language, live=self._live)
            self._descriptions[topic] = _Message(topic, json.dumps(document, ensure_ascii=False), retain=True)
            self._waiting.append(self._descriptions[topic])

    def _wait_for_room(self, coming: int) -> None:
        if not self._changed.wait_for(lambda: len(self._waiting) + coming <= self._most, self._patience):
            raise self._undelivered()

    def _undelivered(self) -> UnreachableError:
        return UnreachableError(
            "mqtt-undelivered",
            "The broker has not confirmed every value.",
            where=self._broker.where,
            hint="Check that it is there and accepts us.",
        )

    def _forget_the_oldest(self) -> None:
        while len(self._waiting) > self._most:
            self._waiting.popleft()
            if not self.dropped:
                self._tell(f"{self._broker.where} has been away too long: the oldest values are dropped")
            self.dropped += 1

    def _deliver(self) -> None:
        """The life of the thread: batches out, each confirmed before the next."""
        while (batch := self._batch()) is not None:
            self._publish(batch)
        if not self._given_up:
            self._publish([_Message(availability_topic(self._broker.prefix), "offline", retain=True)])

    def _batch(self) -> list[_Message] | None:
        """What is to be sent next; None once all is sent and no more will come."""
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    self._given_up or (self._connected and (self._greeting or self._waiting or self._closing))
                )
            )
            if self._given_up:
                return None
            if self._greeting:
                self._greeting = False
                online = _Message(availability_topic(self._broker.prefix), "online", retain=True)
                return [*self._descriptions.values(), online]
            if not self._waiting:
                return None
            return [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]

    def _publish(self, batch: list[_Message]) -> None:
        """Sends, and returns when the broker has confirmed, however often the connection breaks meanwhile."""
        with self._changed:
            self._unconfirmed += len(batch)
        for each in batch:
            self._client.publish(each.topic, each.payload, qos=_QOS, retain=each.retain)
        with self._changed:
            self._changed.wait_for(lambda: self._given_up or not self._unconfirmed)
