"""Mutants: homes with one part changed so that a claim is false. Every one must be caught by its probe."""
