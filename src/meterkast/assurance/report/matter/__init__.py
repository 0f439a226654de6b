"""What is known, as rows: read from the dossier, the rules, the case and the models of continuity."""
