"""DLMS/COSEM application layer (IEC 62056-5-3, Green Book): messages, associations, protection."""
