"""A component of the centre as a process: ``python -m meterkast.street.component NAME SITE [PORT]``."""

import asyncio
import logging
import signal
import sys
from pathlib import Path


async def run(name: str, site: Path, port: int = 0) -> None:
    """Runs the component until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if name == "headend":
        from meterkast.headend.server import HeadEndSettings
        from meterkast.headend.service import run as run_headend

        await run_headend(HeadEndSettings(site=site, port=port), stop=stop)
    else:
        from meterkast.mdm.service import MdmSettings
        from meterkast.mdm.service import run as run_mdm

        await run_mdm(MdmSettings(site=site), stop=stop)


def main() -> None:
    """Starts the component that is named."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    name, site, *port = sys.argv[1:]
    asyncio.run(run(name, Path(site), *map(int, port)))


if __name__ == "__main__":
    main()
