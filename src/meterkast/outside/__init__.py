"""The only room that touches the world: clock, entropy, links, keystore, journal, bus, database."""
