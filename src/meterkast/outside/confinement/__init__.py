"""Running a program that is not trusted: no network, no files, no other program, bounded memory.

``ConfinedProcess.start`` launches a fresh interpreter, which locks itself in (``enter``) before it imports
the first line of the application. Each layer stands alone: a kernel that refuses one still has the others.
"""

from meterkast.outside.confinement.process import ConfinedProcess

__all__ = ["ConfinedProcess"]
