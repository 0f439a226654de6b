"""An application that asks a silent module a hundred things at once."""

import socket
import sys
import time

channel = socket.socket(fileno=int(sys.argv[2]))
channel.sendall(b'{"jsonrpc":"2.0","id":1,"method":"work.next","params":{}}\n')
gateway = channel.recv(65536).split(b'"gateway":"')[1].split(b'"')[0]
ASK = b'{"jsonrpc":"2.0","id":2,"method":"module.exchange","params":{"gateway":"%b","apdu":"%b"}}\n'
channel.sendall(100 * (ASK % (gateway, b"c001c1000100002a0000ff0200")))
time.sleep(600)
