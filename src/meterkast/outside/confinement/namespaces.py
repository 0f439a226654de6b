"""A network of its own with nothing in it, not even a loopback that is up."""

from meterkast.outside.confinement import kernel

_NEW_IPC, _NEW_USER, _NEW_NET = 0x08000000, 0x10000000, 0x40000000


def enter_namespaces() -> None:
    """Moves this process into its own network and IPC namespaces.

    An own user namespace gives an ordinary user the right to do so; where the kernel grants none, a
    privileged process can still do without.

    Raises:
        OSError: the kernel refuses both ways.
    """
    try:
        kernel.unshare(_NEW_USER | _NEW_NET | _NEW_IPC)
    except OSError:
        kernel.unshare(_NEW_NET | _NEW_IPC)
