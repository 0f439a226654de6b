"""An application that takes its errand and sleeps."""

import socket
import sys
import time

channel = socket.socket(fileno=int(sys.argv[2]))
channel.sendall(b'{"jsonrpc":"2.0","id":1,"method":"work.next","params":{}}\n')
channel.recv(65536)
time.sleep(600)
