"""The consumer port as a program: ``--fd`` names the socket that the gateway left open."""

import argparse
import socket

from meterkast.applications.collector.broker import Broker
from meterkast.applications.consumer_port.port import Port


def main() -> None:
    """Works until the gateway closes the socket."""
    parser = argparse.ArgumentParser(prog="meterkast.applications.consumer_port")
    parser.add_argument("--fd", type=int, required=True)
    with socket.socket(fileno=parser.parse_args().fd) as channel:
        Port(Broker(channel)).work()


if __name__ == "__main__":
    main()
