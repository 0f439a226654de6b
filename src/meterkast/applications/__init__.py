"""The application layer: programs in a sandbox on the gateway that own nothing but a socket to it."""
