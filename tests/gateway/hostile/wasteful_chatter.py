"""An application that asks for the time and never comes to the point."""

import socket
import sys

channel = socket.socket(fileno=int(sys.argv[2]))
channel.sendall(b'{"jsonrpc":"2.0","id":1,"method":"work.next","params":{}}\n')
gateway = channel.recv(65536).split(b'"gateway":"')[1].split(b'"')[0]
ASK = b'{"jsonrpc":"2.0","id":2,"method":"clock.now","params":{"gateway":"' + gateway + b'"}}\n'
while True:
    channel.sendall(ASK)
    channel.recv(65536)
