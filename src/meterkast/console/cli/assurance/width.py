"""How wide the commands of the case write."""

import shutil


def width() -> int:
    """Of the terminal, as far as it reads well."""
    return max(60, min(110, shutil.get_terminal_size((100, 24)).columns))
