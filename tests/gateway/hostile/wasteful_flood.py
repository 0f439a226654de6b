"""An application that sends a line without end."""

import socket
import sys

channel = socket.socket(fileno=int(sys.argv[2]))
channel.sendall(b'{"jsonrpc":"2.0","id":1,"method":"work.next","params":{}}\n')
channel.recv(65536)
while True:
    channel.sendall(b"x" * 65536)
