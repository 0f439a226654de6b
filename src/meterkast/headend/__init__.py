"""The head-end: it admits gateways, puts their envelopes on the durable bus, and only then confirms them."""
