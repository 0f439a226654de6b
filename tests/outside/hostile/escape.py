"""An application that tries to get out of its sandbox and reports over its socket what came of it."""

import ctypes
import json
import mmap
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

_PTRACE_SEIZE = 0x4206


def _system_call(name: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _thread() -> None:
    worker = threading.Thread(target=int)
    worker.start()
    worker.join()


def main() -> None:
    """Reads what to attack, one JSON line, and answers with one line: attempt to outcome."""
    channel = socket.socket(fileno=int(sys.argv[2]))
    target = json.loads(channel.recv(65536))
    secret, victim = Path(target["secret"]), target["victim"]
    attempts = {
        "network": lambda: socket.create_connection(("127.0.0.1", target["port"]), timeout=2),
        "local_socket": lambda: socket.socket(socket.AF_UNIX),
        "read_secret": secret.read_bytes,
        "list_keystore": lambda: list(secret.parent.iterdir()),
        "write_file": lambda: secret.with_name("written").write_text("x"),
        "shell": lambda: subprocess.run(["/bin/sh", "-c", "true"], check=True),
        "fork": _fork,
        "victim_memory": lambda: Path(f"/proc/{victim}/environ").read_bytes(),
        "signal_victim": lambda: os.kill(victim, 0),
        "trace_victim": lambda: _system_call("ptrace", _PTRACE_SEIZE, victim, 0, 0),
        "fill_memory": lambda: mmap.mmap(-1, 2 << 30).close(),
        "thread": _thread,
    }
    outcome: dict[str, object] = {"environment": sorted(set(os.environ) - {"LC_CTYPE"})}
    for name, attempt in attempts.items():
        try:
            attempt()
        except Exception as error:
            outcome[name] = type(error).__name__
        else:
            outcome[name] = "done"
    channel.sendall(json.dumps(outcome).encode())


if __name__ == "__main__":
    main()
