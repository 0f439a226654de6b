"""Bytes to meaning and back. Sans-IO: no clock, randomness, socket or file; keys and nonces are passed in."""
