"""The consumer port: a P1 telegram of what the meters show now, for the household. Nothing comes back."""
