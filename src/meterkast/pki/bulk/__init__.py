"""Issuing to many gateways at once: the operator puts them on the inventory and hands in their requests."""

from meterkast.pki.bulk.folder import RequestFolder
from meterkast.pki.bulk.invented import InventedGateways
from meterkast.pki.bulk.issuing import Gateways, Tally, issue_to

__all__ = ["Gateways", "InventedGateways", "RequestFolder", "Tally", "issue_to"]
