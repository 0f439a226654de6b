"""Bills of material of things and of software, in and out, as CycloneDX 1.6 and 1.7."""

from meterkast.assurance.dossier.bom.reader import read_cyclonedx, read_document
from meterkast.assurance.dossier.bom.writer import write_cyclonedx

__all__ = ["read_cyclonedx", "read_document", "write_cyclonedx"]
