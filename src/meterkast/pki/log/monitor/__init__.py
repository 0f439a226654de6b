"""Watching a log for one operator, without trusting the authority that keeps it."""

from meterkast.pki.log.monitor.alarm import Alarm, StandingAlarm
from meterkast.pki.log.monitor.gossip import Gossip
from meterkast.pki.log.monitor.inspection import Inspector
from meterkast.pki.log.monitor.inventory import Inventory
from meterkast.pki.log.monitor.monitor import Monitor, Watch
from meterkast.pki.log.monitor.notebook import Notebook

__all__ = ["Alarm", "Gossip", "Inspector", "Inventory", "Monitor", "Notebook", "StandingAlarm", "Watch"]
