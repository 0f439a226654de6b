"""X1, the consumer port of the new generation, in a profile of our own: ``meterkast-x1/0``.

The text of the DSMR 6.0.0 companion standard was not at hand. What is publicly known of it stands in
``docs/standards/x1.md``; everything else is our choice, which is why the profile has a name and a version.
"""

PROFILE = "meterkast-x1/0"
"""Stands in every document; another version is another profile."""

LINE_LIMIT = 8192
"""Octets of one line, its line feed included: a document, or a message of the pairing."""
