"""Something that happened to a device and that somebody may want to know later."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEvent:
    """One happening at one device.

    Attributes:
        code: stable kebab-case code, for example ``module-silent``.
        device: the device's own name, for example ``KFM5000000000017`` or a gateway's system title.
        at: Unix seconds of metering time.
        detail: one sentence for people, without readings, keys or personal data.
    """

    code: str
    device: str
    at: int
    detail: str = ""
