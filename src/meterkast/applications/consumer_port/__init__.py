"""The consumer port: what the meters show now, as X1 and as P1, for the household. Nothing comes back."""
