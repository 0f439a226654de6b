"""Shows a certificate to a head-end, as a gateway would, and says what comes of it.

It needs pyOpenSSL, whose OpenSSL agrees keys in a hybrid group; that of many systems does not yet::

    python knock.py 127.0.0.1:4059 --certificate tls.chain.pem --key tls.key.pem --anchors anchors.pem
"""

import argparse
import socket
import sys
from pathlib import Path

from OpenSSL import SSL


def main() -> None:
    """Ends with 0 where the certificate was believed, with 1 where not."""
    arguments = _parser().parse_args()
    host, _, port = arguments.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.setblocking(True)
        connection = SSL.Connection(_context(arguments), line)
        connection.set_tlsext_host_name(arguments.name.encode())
        connection.set_connect_state()
        try:
            connection.do_handshake()
            connection.recv(1)  # only now do we hear what the other side thinks of our certificate
        except SSL.ZeroReturnError:
            pass  # it has taken leave, as it does of a gateway that nobody has registered
        except SSL.Error as error:
            sys.exit(f"refused: {error.args[0][-1][-1]}")
        print(f"let in: {connection.get_protocol_version_name()}, {connection.get_group_name()}")


def _context(arguments: argparse.Namespace) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    context.use_certificate_chain_file(str(arguments.certificate))
    context.use_privatekey_file(str(arguments.key))
    context.load_verify_locations(str(arguments.anchors))
    context.set_verify(SSL.VERIFY_PEER)
    return context


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", metavar="HOST:PORT")
    parser.add_argument("--name", default="headend.meterkast.internal", help="of the server, for SNI")
    parser.add_argument("--certificate", type=Path, required=True, help="with its chain")
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--anchors", type=Path, required=True)
    return parser


if __name__ == "__main__":
    main()
