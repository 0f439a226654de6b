"""The interface classes that are ready for use. All of them measure, tell or list; none of them switches.

There is no disconnect control (class 70) and no limiter (class 71) here, and none is to be added: a Dutch
measurement module has no switch. What a measurement module must not have either stands apart and is imported
by name: the security setup (``security_setup``), the image transfer (``image_transfer``) and a clock that
others may set (``settable_clock``).
"""

from meterkast.protocols.cosem.objects.association import AssociationLn
from meterkast.protocols.cosem.objects.clock import Clock
from meterkast.protocols.cosem.objects.data import DataObject
from meterkast.protocols.cosem.objects.profile_generic import ProfileGeneric
from meterkast.protocols.cosem.objects.readable import ReadableObject
from meterkast.protocols.cosem.objects.register import ExtendedRegister, Register
from meterkast.protocols.cosem.objects.sap_assignment import SapAssignment
from meterkast.protocols.dlms.object_model import AccessDenied, CosemObject

__all__ = [
    "AccessDenied",
    "AssociationLn",
    "Clock",
    "CosemObject",
    "DataObject",
    "ExtendedRegister",
    "ProfileGeneric",
    "ReadableObject",
    "Register",
    "SapAssignment",
]
