"""Processes to be killed, forked from one that has done their imports: so a test can afford many of them."""

import importlib
import json
import os
import signal
import subprocess
import sys
import traceback
from types import TracebackType


class Zygote:
    """Forks children that call a function of one module with texts and numbers; one child at a time."""

    def __init__(self, module: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"from mdm.zygote import serve; serve({module!r})"],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Zygote":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def start(self, function: str, *arguments: object) -> "Child":
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([function, *map(_plain, arguments)]) + "\n")
        self._process.stdin.flush()
        return Child(self, int(self.line()))

    def line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


class Child:
    """A forked process."""

    def __init__(self, zygote: Zygote, pid: int) -> None:
        self.pid = pid
        self._zygote = zygote

    def kill(self) -> None:
        """Kills it as kill -9 does, and returns once it is dead."""
        os.kill(self.pid, signal.SIGKILL)
        assert self.wait() == -signal.SIGKILL

    def wait(self) -> int:
        """The exit code, once it has ended; minus the signal where one ended it."""
        return int(self._zygote.line())


def serve(module: str) -> None:
    functions = vars(importlib.import_module(module))
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os._exit(_outcome(functions[name], arguments))
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _outcome(function: object, arguments: list[object]) -> int:
    assert callable(function)
    try:
        function(*arguments)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _plain(argument: object) -> object:
    return argument if isinstance(argument, int | float | str) else str(argument)
