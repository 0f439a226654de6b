"""The probes by name. Each proves one claim on a running street."""

from meterkast.assurance.mutants.centre import (
    BlindToTenants,
    EndpointWithoutRule,
    KeyAsPermission,
    LaxHeadEnd,
    SupplyThroughModule,
    UnloggedDenial,
)
from meterkast.assurance.mutants.gateway import (
    GasThroughModule,
    HoardingGateway,
    OneCheckForBoth,
    PortThroughModule,
    RadioLeftOn,
    SmoothingGateway,
    VendorAmongRecipients,
    WiredToVendor,
)
from meterkast.assurance.mutants.module import (
    DigitalMeterThatCalls,
    HiddenRelay,
    ModuleWithModem,
    NettingModule,
    TalkingModule,
)
from meterkast.assurance.probe import Probe
from meterkast.assurance.probes import (
    access,
    comms_off,
    consumer_port,
    data_path,
    digital_meter,
    import_export,
    manipulation,
    no_network,
    no_reading_along,
    no_switch,
    revocation,
    supply,
    swap,
    two_layers,
)

PROBES = {
    probe.name: probe
    for probe in (
        Probe(name="no_switch", look=no_switch.look, mutants=(HiddenRelay,)),
        Probe(name="no_network", look=no_network.look, mutants=(TalkingModule, ModuleWithModem)),
        Probe(name="no_reading_along", look=no_reading_along.look, mutants=(VendorAmongRecipients,)),
        Probe(name="supply", look=supply.look, mutants=(SupplyThroughModule,)),
        Probe(name="import_export", look=import_export.look, mutants=(NettingModule,)),
        Probe(name="digital_meter", look=digital_meter.look, mutants=(DigitalMeterThatCalls,)),
        Probe(name="roles", look=access.look_at_roles, mutants=(EndpointWithoutRule, UnloggedDenial)),
        Probe(name="tenancy", look=access.look_at_tenants, mutants=(BlindToTenants,)),
        Probe(name="revocation", look=revocation.look, mutants=(LaxHeadEnd,)),
        Probe(name="data_path", setting=data_path.setting, days=1, mutants=(GasThroughModule,)),
        Probe(
            name="consumer_port",
            setting=consumer_port.setting,
            days=1,
            mutants=(GasThroughModule, PortThroughModule),
        ),
        Probe(
            name="two_layers", setting=two_layers.setting, days=1, mutants=(OneCheckForBoth, KeyAsPermission)
        ),
        Probe(
            name="comms_off",
            setting=comms_off.setting,
            days=comms_off.DAYS,
            mutants=(RadioLeftOn, HoardingGateway),
        ),
        Probe(name="swap", setting=swap.setting, days=1, mutants=(WiredToVendor,)),
        Probe(name="manipulation", setting=manipulation.setting, days=1, mutants=(SmoothingGateway,)),
    )
}
