"""The consumer port: what the meters show, out into the house, and nothing back.

X1 (JSON over TLS, for clients that the household has paired), P1 over TCP where the household has switched it
on, and a P1 wire. The content comes from an application; what is here checks it and sends it, and has the
listening sockets and the keys.
"""
