"""What kind of number it is, in the words of Home Assistant and of Prometheus.

The pairs of device class and state class are those that Home Assistant allows
(https://www.home-assistant.io/integrations/sensor, developers.home-assistant.io/docs/core/entity/sensor).
"""

from dataclasses import dataclass, replace

from meterkast.console.exports.measurement import Measurement
from meterkast.model.block import Medium
from meterkast.model.obis import Obis

COUNTER = "total_increasing"
GAUGE = "measurement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A kind of number.

    Attributes:
        device_class: Home Assistant's word for it; None where it has none.
        state_class: ``total_increasing`` for registers, ``measurement`` for what goes up and down, None for
            what is no quantity, such as the rate in force.
        unit: how people read it; None for a plain number.
        exponent: the power of ten from the unit that people read to the base unit.
        metric: its name for Prometheus, unit included.
    """

    device_class: str | None = None
    state_class: str | None = None
    unit: str | None = None
    exponent: int = 0
    metric: str = "value"

    @property
    def counts(self) -> bool:
        """It is a register, which only rises."""
        return self.state_class == COUNTER


_BY_UNIT = {
    "Wh": Quantity(
        device_class="energy", state_class=COUNTER, unit="kWh", exponent=3, metric="energy_watt_hours"
    ),
    # The device class for reactive energy is too young to be known everywhere.
    "varh": Quantity(state_class=COUNTER, unit="kvarh", exponent=3, metric="reactive_energy_var_hours"),
    "VAh": Quantity(state_class=COUNTER, unit="kVAh", exponent=3, metric="apparent_energy_volt_ampere_hours"),
    "J": Quantity(device_class="energy", state_class=COUNTER, unit="GJ", exponent=9, metric="heat_joules"),
    "m3": Quantity(device_class="volume", state_class=COUNTER, unit="m³", metric="volume_cubic_metres"),
    "W": Quantity(device_class="power", state_class=GAUGE, unit="W", metric="power_watts"),
    "var": Quantity(
        device_class="reactive_power", state_class=GAUGE, unit="var", metric="reactive_power_vars"
    ),
    "VA": Quantity(
        device_class="apparent_power", state_class=GAUGE, unit="VA", metric="apparent_power_volt_amperes"
    ),
    "V": Quantity(device_class="voltage", state_class=GAUGE, unit="V", metric="voltage_volts"),
    "A": Quantity(device_class="current", state_class=GAUGE, unit="A", metric="current_amperes"),
    "Hz": Quantity(device_class="frequency", state_class=GAUGE, unit="Hz", metric="frequency_hertz"),
    "°C": Quantity(device_class="temperature", state_class=GAUGE, unit="°C", metric="temperature_celsius"),
    "m3/h": Quantity(
        device_class="volume_flow_rate", state_class=GAUGE, unit="m³/h", metric="flow_cubic_metres_per_hour"
    ),
    "s": Quantity(device_class="duration", state_class=GAUGE, unit="s", metric="duration_seconds"),
}
_FACTOR = Quantity(device_class="power_factor", state_class=GAUGE, metric="power_factor")
_EVENTS = Quantity(state_class=COUNTER, metric="events")
_SUPPLIED = {Medium.GAS: "gas", Medium.WATER: "water"}


def quantity(measurement: Measurement) -> Quantity:
    """What kind of number the measurement is."""
    known = _BY_UNIT.get(measurement.unit)
    if known is None:
        return _plain(measurement.obis) if not measurement.unit else Quantity(unit=measurement.unit)
    if measurement.unit == "m3" and measurement.medium in _SUPPLIED:
        return replace(known, device_class=_SUPPLIED[measurement.medium])
    return known


def _plain(obis: Obis) -> Quantity:
    match obis.c, obis.d:
        case ((13 | 33 | 53 | 73), 7):
            return _FACTOR
        case (96, 7) | ((32 | 52 | 72), (32 | 36)):
            return _EVENTS
        case _:
            return Quantity()
