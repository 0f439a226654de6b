"""The supply of a home: what the grid brings in, and what only somebody with pliers can take away."""

from meterkast.street.homes.household import Household, Integers


class Supply:
    """A household on the grid, as the load that a module measures.

    Nothing in the chain holds the supply: the module only measures what flows. That a mutant with a hidden
    relay can open it is what shows that a probe would notice.
    """

    def __init__(self, household: Household) -> None:
        self._household = household
        self.energised = True

    def power(self, start: int, end: int, step: int = 60) -> Integers:
        """Mean power per step and phase in watts, as ``Household.power``; zero while not energised."""
        power = self._household.power(start, end, step)
        return power if self.energised else power * 0
