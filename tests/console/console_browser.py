"""A headless Chromium spoken to over its own debugging pipe, so that a test needs no browser package."""

import base64
import fcntl
import json
import os
import select
import shutil
import time
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

import pytest

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    # The page holds its live stream while it is hidden; a headless window must never count as that.
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--remote-debugging-pipe",
)
_WITHIN = 30.0

Json: TypeAlias = Any


def chromium() -> str:
    """Where Chromium is; skips the calling test where it is absent."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


class Browser:
    """One page in one browser. Console errors and the addresses asked for are kept for the test to judge."""

    def __init__(self, profile: Path) -> None:
        self.errors: list[str] = []
        self.requested: list[str] = []
        self._number = 0
        self._buffer = b""
        theirs_in, self._to = _pipe()
        self._from, theirs_out = _pipe()
        program = chromium()
        self._process = os.posix_spawn(
            program,
            [program, *_FLAGS, f"--user-data-dir={profile}"],
            dict(os.environ),
            file_actions=[
                (os.POSIX_SPAWN_DUP2, theirs_in, 3),
                (os.POSIX_SPAWN_DUP2, theirs_out, 4),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
        )
        os.close(theirs_in)
        os.close(theirs_out)
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session: str | None = None
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")

    def __enter__(self) -> "Browser":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ask("Browser.close")
        os.waitpid(self._process, 0)
        os.close(self._to)
        os.close(self._from)

    def looks(self, *, width: int, height: int, scheme: str, language: str = "nl") -> None:
        """Sets the window and what the reader prefers."""
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self._ask("Emulation.setEmulatedMedia", features=[feature])
        self._ask("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})

    def open(self, address: str) -> None:
        """Goes to the address; ``until`` says when there is something to look at."""
        self._ask("Page.navigate", url=address)

    def says(self, expression: str) -> Json:
        """The value of a JavaScript expression in the page."""
        answer = self._ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def until(self, expression: str) -> None:
        """Returns once the expression is true in the page; fails the test where it never is."""
        script = (
            "new Promise((done) => { const look = () => { let holds = false;"
            f" try {{ holds = Boolean({expression}); }} catch {{ holds = false; }}"
            " if (holds) done(true); else setTimeout(look, 30); }; look(); })"
        )
        deadline = time.monotonic() + _WITHIN
        while time.monotonic() < deadline:
            try:
                self.says(script)
            except AssertionError:
                continue  # the page was replaced while we looked
            return
        raise AssertionError(f"the page never came to: {expression}")

    def picture(self, path: Path) -> None:
        """The whole page as a PNG."""
        size = self._ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        answer = self._ask("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(answer["data"]))

    def _ask(self, method: str, **parameters: Json) -> Json:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if method.partition(".")[0] not in {"Target", "Browser"}:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + _WITHIN
        while True:
            answer = self._next(deadline)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self._keep(answer)

    def _next(self, deadline: float) -> Json:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._from], [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                raise AssertionError("Chromium does not answer")
            self._buffer += os.read(self._from, 1 << 20)
        line, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(line)

    def _keep(self, event: dict[str, Any]) -> None:
        parameters = event.get("params", {})
        match event.get("method"):
            case "Network.requestWillBeSent":
                self.requested.append(parameters["request"]["url"])
            case "Log.entryAdded" if parameters["entry"]["level"] in {"error", "warning"}:
                self.errors.append(parameters["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.errors.append(json.dumps(parameters["exceptionDetails"])[:500])
            case "Runtime.consoleAPICalled" if parameters["type"] in {"error", "warning"}:
                self.errors.append(json.dumps(parameters["args"])[:500])


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are out of the way of the descriptors 3 and 4."""
    ends = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return high[0], high[1]
