"""The probes by name. Each proves one claim on a running street."""

from meterkast.assurance.mutants import GasThroughModule, HiddenRelay, VendorAmongRecipients
from meterkast.assurance.probe import Probe
from meterkast.assurance.probes import data_path, no_reading_along, no_switch

PROBES = {
    probe.name: probe
    for probe in (
        Probe(name="no_switch", look=no_switch.look, mutants=(HiddenRelay,)),
        Probe(name="no_reading_along", look=no_reading_along.look, mutants=(VendorAmongRecipients,)),
        Probe(name="data_path", look=data_path.look, mutants=(GasThroughModule,)),
    )
}
