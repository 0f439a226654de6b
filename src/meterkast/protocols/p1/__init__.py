"""P1: the telegram of today's consumer port, as Dutch meters and their neighbours send it (DSMR P1 5.0.2)."""
