"""What a process gives up for good: new privileges, and more than its share of the machine."""

import resource

from meterkast.outside.confinement import kernel

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38


def drop_new_privileges() -> None:
    """No program started from here gains rights by a set-uid bit; seccomp and Landlock ask for this first.

    Raises:
        OSError: the kernel refuses.
    """
    kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1)
    kernel.prctl(_PR_SET_DUMPABLE, 0)


def limit_resources(memory: int) -> None:
    """Bounds the address space to ``memory`` octets, forbids writing files and core dumps.

    Raises:
        OSError, ValueError: the kernel refuses.
    """
    for which, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        resource.setrlimit(which, (limit, limit))
