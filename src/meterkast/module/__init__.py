"""The measurement module: it measures electricity and answers its gateway over a local line. Nothing else.

No switch, no network, no key of the operator: what is not here cannot be used from afar.
"""
