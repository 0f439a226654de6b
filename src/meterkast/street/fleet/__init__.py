"""Twenty years of a fleet on virtual time: keys, roots and readings, with everything that goes wrong."""
