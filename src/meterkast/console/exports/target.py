"""Where ``--export`` points: one way of writing it for every command and every tool.

::

    mqtt://[USER@]HOST[:PORT][/PREFIX]     mqtts://…  with TLS
    influx:FILE    influx:-    influx:http[s]://HOST/…
    prometheus:[HOST:]PORT     prometheus:FILE.prom
    csv:FILE       parquet:FILE
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from meterkast.console.exports.secret import secret
from meterkast.console.exports.sink import Sink
from meterkast.model.errors import LocalError
from meterkast.protocols.cosem.catalogue import Language

FORMS = "mqtt://HOST/PREFIX, mqtts://…, influx:FILE|-|URL, prometheus:PORT|FILE.prom, csv:FILE, parquet:FILE"
_MQTT_PORTS = {"mqtt": 1883, "mqtts": 8883}
_OPTIONS = frozenset(("ca", "discovery"))


def open_sink(text: str, *, language: Language, tell: Callable[[str], None], live: bool = True) -> Sink:
    """The way out that the text describes.

    Args:
        text: as written after ``--export``.
        language: of the names that people see.
        tell: takes a sentence for people when the other side goes away or comes back.
        live: values come from a meter as time goes by, and wait while the other side is away.

    Raises:
        LocalError: ``target-malformed``, ``target-holds-secret``, ``port-unusable`` or ``export-needs-…``.
        DataError: ``file-unwritable`` or ``secret-unreadable``.
    """
    kind, colon, rest = text.partition(":")
    if not (colon and rest):
        raise _malformed()
    match kind:
        case "mqtt" | "mqtts":
            return _mqtt(text, language, tell, live=live)
        case "influx":
            return _influx(rest, tell, live=live)
        case "prometheus":
            return _prometheus(rest)
        case "csv" | "parquet":
            from meterkast.console.exports.table import TableSink
            from meterkast.mdm.export import Format

            return TableSink(rest, Format(kind))
        case _:
            raise _malformed()


@contextmanager
def open_sinks(
    texts: Sequence[str],
    *,
    language: Language,
    tell: Callable[[str], None],
    as_json: bool,
    live: bool = True,
) -> Iterator[list[Sink]]:
    """The ways out that the texts describe, closed in the end; ``as_json`` needs standard output for itself.

    Raises:
        LocalError: ``stdout-taken``, or as ``open_sink``.
        DataError: as ``open_sink``.
        UnreachableError: as ``Sink.close``.
    """
    on_stdout = sum(map(writes_stdout, texts))
    if on_stdout > 1 or (on_stdout and as_json):
        raise LocalError(
            "stdout-taken", "Only one thing can be written to standard output.", hint="Give a file instead."
        )
    with ExitStack() as closing:
        sinks: list[Sink] = []
        for text in texts:
            sinks.append(open_sink(text, language=language, tell=tell, live=live))
            closing.callback(sinks[-1].close)
        yield sinks


def writes_stdout(text: str) -> bool:
    """Whether this target leaves no room for anything else on standard output."""
    return text.partition(":")[2] == "-"


def _mqtt(text: str, language: Language, tell: Callable[[str], None], *, live: bool) -> Sink:
    from meterkast.console.exports.broker import Broker
    from meterkast.console.exports.mqtt import MqttSink

    parts, port = _split(text)
    options = parse_qs(parts.query, keep_blank_values=True)
    prefix = unquote(parts.path).strip("/") or "meterkast"
    discovery = options.get("discovery", ["homeassistant"])[-1]
    topics = _is_topic(prefix) and _is_topic(discovery)
    if not parts.hostname or "#" in text or options.keys() - _OPTIONS or not topics:
        raise _malformed()
    broker = Broker(
        host=parts.hostname,
        port=port or _MQTT_PORTS[parts.scheme],
        prefix=prefix,
        discovery="" if discovery == "none" else discovery,
        user=None if parts.username is None else unquote(parts.username),
        password=secret("METERKAST_MQTT_PASSWORD"),
        tls=parts.scheme == "mqtts",
        ca=options.get("ca", [None])[-1],
    )
    return MqttSink(broker, language, tell, live=live)


def _influx(rest: str, tell: Callable[[str], None], *, live: bool) -> Sink:
    from meterkast.console.exports.influx import InfluxFile, InfluxServer

    if not rest.startswith(("http://", "https://")):
        return InfluxFile(rest)
    parts, _ = _split(rest)
    if not parts.hostname:
        raise _malformed()
    return InfluxServer(rest, secret("METERKAST_INFLUX_TOKEN"), tell, live=live)


def _prometheus(rest: str) -> Sink:
    from meterkast.console.exports.prometheus import PrometheusFile, PrometheusPort

    if rest.endswith(".prom"):
        return PrometheusFile(Path(rest))
    host, _, port = rest.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 1 << 16):
        raise _malformed()
    return PrometheusPort(host.strip("[]") or "127.0.0.1", int(port))


def _split(text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _malformed() from None
    if parts.password is not None or {"u", "p", "token", "password"} & parse_qs(parts.query).keys():
        raise LocalError(
            "target-holds-secret",
            "A password does not belong on a command line: others can read it there.",
            where="--export",
            hint="Set METERKAST_MQTT_PASSWORD or METERKAST_INFLUX_TOKEN, or the same name with _FILE.",
        )
    return parts, port


def _is_topic(prefix: str) -> bool:
    """Neither wildcards nor what does not print; ``$`` in front is the broker's own."""
    return prefix.isprintable() and not prefix.startswith("$") and not set("#+") & set(prefix)


def _malformed() -> LocalError:
    """Without the text: it may hold what nobody should read."""
    return LocalError("target-malformed", "This is no target.", where="--export", hint=f"Write {FORMS}.")
