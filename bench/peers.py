"""Other people's libraries, in an environment and a process of their own.

Their licences (BSL, GPL) bar them from ours, so nothing here is ever imported by Meterkast; they are started,
measured and talked to.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

VARIABLE = "METERKAST_PEERS"
_FOLDER = Path(__file__).resolve().parents[1]
_LOCKS = {"": "locks/peers.txt", "wires": "locks/peers-wires.txt", "pki": "locks/peers-pki.txt"}
"""Sets apart, since not all go together: dsmr-parser wants an old dlms-cosem, pkilint an old validators."""
_INSTALLING_SECONDS = 180


def peer_python(which: str = "") -> Path | None:
    """The interpreter of the peers' environment, which is made where it can be; None where it cannot.

    ``METERKAST_PEERS`` names the folder of an environment that exists; without it, it is ``.venv-peers``. The
    set ``wires`` has ``METERKAST_PEERS_WIRES`` and ``.venv-peers-wires``; the other sets likewise.
    """
    variable = f"{VARIABLE}_{which.upper()}" if which else VARIABLE
    own = f".venv-peers-{which}" if which else ".venv-peers"
    folder = Path(os.environ.get(variable) or _FOLDER / own)
    python = folder / "bin" / "python"
    if python.exists() or variable in os.environ:
        return python if python.exists() else None
    print("bench: installing the peers …", file=sys.stderr)
    install = [str(python), "-m", "pip", "install", "--quiet", "--require-hashes"]
    install += ["--requirement", str(_FOLDER / _LOCKS[which])]
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, stdout=sys.stderr)
        subprocess.run(install, check=True, stdout=sys.stderr, timeout=_INSTALLING_SECONDS)
    except (subprocess.SubprocessError, OSError):
        print("bench: the peers cannot be installed here", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        return None
    return python


def run(script: str, task: dict[str, Any], which: str = "") -> dict[str, Any]:
    """What a script beside this file prints as JSON for a task; empty where there are no peers."""
    python = peer_python(which)
    if python is None:
        return {}
    command = [str(python), str(Path(__file__).with_name(script))]
    done = subprocess.run(command, input=json.dumps(task), stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


if __name__ == "__main__":
    sys.exit(peer_python() is None)
