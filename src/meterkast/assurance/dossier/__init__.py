"""The dossier: who, what, how many, since when, and where it was said; a source stands behind every value.

The face of this room::

    load(folder=None) -> Dossier             the packaged dossier 2026Z00004, or the one in a folder
    validate(dossier) -> list[Finding]       what does not fit together, with file and field
    gaps.find(dossier) -> list[Gap]          where the texts contradict themselves or stay silent
    ownership.integrated(dossier), .controllers(dossier, party), .disputed(dossier), .loops(dossier)
    parts.positions(dossier), .at_country(...), .origin_table(...), .independence(dossier, component)
    bom.read_cyclonedx(path), bom.write_cyclonedx(dossier, version)
    document.as_document(record)             any record as plain JSON values

``Dossier`` holds tuples of records: ``sources``, ``parties``, ``ownerships``, ``components``, ``parts``,
``contracts``, ``procedures``, ``requirements``, ``questions``, ``statements``, ``audits``, ``analyses``,
``decisions``, ``citations``, ``articles``, ``developments``, and a table of single ``facts``.
``dossier.party("kaifa-nl")`` finds one, ``dossier.resolve("Liander")`` finds by any name, and
``dossier.all_facts()`` names every fact by its path. A ``Fact`` has ``value``, ``ref``, ``date``,
``confidence`` and ``quote``; a value of None is unknown and stays so.
"""

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.fact import Confidence, Fact, Ref, Source
from meterkast.assurance.dossier.loading import load
from meterkast.assurance.dossier.validation import validate

__all__ = ["Confidence", "Dossier", "Fact", "Ref", "Source", "load", "validate"]
