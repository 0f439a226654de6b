"""The case that runs: claims, probes that prove them on the running chain, mutants that must fail."""
