"""The case in notations that others read: LTAC (assurance cases), CycloneDX declarations, OSCAL results."""
