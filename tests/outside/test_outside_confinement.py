"""The sandbox against an application that breaks out (AT-44); the control shows each attempt at work."""

import asyncio
import errno
import json
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from meterkast.model.errors import LocalError
from meterkast.outside.confinement import ConfinedProcess, process
from meterkast.outside.confinement.enter import NO_NETWORK, put_on
from meterkast.outside.confinement.seccomp import assemble
from meterkast.outside.confinement.syscalls import CLONE, CLONE3, DENIED, Machine

pytestmark = pytest.mark.processes

_BUNDLE = Path(__file__).parent / "hostile"
_DENIED = {
    "network": "PermissionError",
    "local_socket": "PermissionError",
    "read_secret": "PermissionError",
    "list_keystore": "PermissionError",
    "write_file": "PermissionError",
    "shell": "PermissionError",
    "fork": "PermissionError",
    "victim_memory": "PermissionError",
    "signal_victim": "PermissionError",
    "trace_victim": "PermissionError",
    "fill_memory": "OSError",
    "thread": "done",
}


@pytest.fixture
def target(tmp_path: Path) -> Iterator[dict[str, object]]:
    """A keystore, a listening port and a process that is none of the application's business."""
    secret = tmp_path / "keystore" / "pairing"
    secret.parent.mkdir()
    secret.write_bytes(b"secret")
    listener = socket.create_server(("127.0.0.1", 0))
    victim = subprocess.Popen(["sleep", "60"])
    yield {"secret": str(secret), "port": listener.getsockname()[1], "victim": victim.pid}
    victim.kill()
    victim.wait()
    listener.close()


async def _outcome(ours: socket.socket, target: dict[str, object]) -> dict[str, object]:
    ours.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(ours, json.dumps(target).encode())
    outcome: dict[str, object] = json.loads(await loop.sock_recv(ours, 65536))
    ours.close()
    return outcome


async def test_nothing_gets_out(target: dict[str, object]) -> None:
    ours, theirs = socket.socketpair()
    confined = await ConfinedProcess.start("escape", theirs, bundle=_BUNDLE)
    theirs.close()
    outcome = await _outcome(ours, target)
    assert await confined.wait() == 0
    await confined.stop()
    assert confined.layers == (
        "network-namespace",
        "no-new-privileges",
        "landlock",
        "resource-limits",
        "seccomp",
    )
    assert outcome == {"environment": [], **_DENIED}
    assert not Path(str(target["secret"])).with_name("written").exists()


async def test_control_without_the_sandbox_every_attempt_succeeds(target: dict[str, object]) -> None:
    ours, theirs = socket.socketpair()
    free = await asyncio.create_subprocess_exec(
        *(sys.executable, str(_BUNDLE / "escape.py"), "--fd", str(theirs.fileno())),
        pass_fds=[theirs.fileno()],
    )
    theirs.close()
    outcome = await _outcome(ours, target)
    await free.wait()
    assert outcome.pop("environment")
    assert outcome == dict.fromkeys(_DENIED, "done")


async def test_no_application_where_no_layer_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The launcher is told to put on nothing; it must not go on to the application."""
    bare = process._START.replace("main()", "main.__globals__.update(layers=lambda *_: ()); main()")
    monkeypatch.setattr(process, "_START", bare)
    ours, theirs = socket.socketpair()
    with pytest.raises(LocalError) as caught:
        await ConfinedProcess.start("escape", theirs, bundle=_BUNDLE)
    assert caught.value.code == "sandbox-unavailable"
    allowed = await ConfinedProcess.start("escape", theirs, bundle=_BUNDLE, allow_unconfined=True)
    assert allowed.layers == ()
    await allowed.stop()
    ours.close()
    theirs.close()


def test_a_refused_layer_leaves_the_others() -> None:
    def refuse() -> None:
        raise OSError(errno.EPERM, "refused")

    entered: list[str] = []
    wanted = (
        ("network-namespace", refuse),
        ("landlock", lambda: entered.append("landlock")),
        ("seccomp", refuse),
    )
    assert put_on(wanted) == ("landlock",) == tuple(entered)
    assert NO_NETWORK.isdisjoint(put_on(wanted))


_ALLOW, _EPERM, _ENOSYS, _KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS, 0x80000000


def _run(program: bytes, machine: int, number: int, argument: int = 0) -> int:
    """Classic BPF, as far as the filter uses it, over a ``struct seccomp_data``."""
    data = struct.pack("=IIQQ", number, machine, 0, argument)
    steps = list(struct.iter_unpack("=HBBI", program))
    accumulator = position = 0
    while True:
        code, if_true, if_false, value = steps[position]
        position += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("=I", data, value)
            case 0x06:
                return int(value)
            case _:
                holds = {
                    0x15: accumulator == value,
                    0x35: accumulator >= value,
                    0x45: bool(accumulator & value),
                }[code]
                position += if_true if holds else if_false


@pytest.mark.parametrize("machine", Machine)
def test_the_filter_denies_what_the_table_names_and_nothing_else(machine: Machine) -> None:
    program = assemble(machine)
    denied = set(DENIED[machine].values())
    for number in range(500):
        if number not in {CLONE[machine], CLONE3}:
            assert _run(program, machine, number) == (_EPERM if number in denied else _ALLOW), number
    assert _run(program, machine, CLONE[machine], 0x00010000) == _ALLOW
    assert _run(program, machine, CLONE[machine], 0x01200011) == _EPERM
    assert _run(program, machine, CLONE3) == _ENOSYS


@pytest.mark.parametrize("machine", Machine)
def test_no_way_around_the_filter_is_forgotten(machine: Machine) -> None:
    ways_out = {"socket", "connect", "bind", "execve", "execveat", "ptrace", "process_vm_readv", "kill"}
    ways_around = {"io_uring_setup", "pidfd_getfd", "unshare", "setns", "mount", "bpf", "open_by_handle_at"}
    assert DENIED[machine].keys() >= ways_out | ways_around


@pytest.mark.parametrize("machine", Machine)
def test_numbers_of_another_machine_end_the_process(machine: Machine) -> None:
    program = assemble(machine)
    assert _run(program, 0x40000003, 1) == _KILL
    assert _run(program, machine, 0x40000000 | 41) == _KILL
