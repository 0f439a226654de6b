"""How a sentence stands: the seven statuses of the case, and those of what is computed or recorded."""

from enum import StrEnum

from meterkast.assurance.report.words import Words


class Mark(StrEnum):
    """From what a sentence has its standing. Never a colour alone: each has a sign and a word."""

    PROVEN = "proven"
    COMPUTED = "computed"
    RECORDED = "recorded"
    SEALED = "sealed"
    ATTENTION = "attention"
    ASSERTED = "asserted"
    OPEN = "open"
    STALE = "stale"
    REFUTED = "refuted"
    GAP = "gap"

    @property
    def sign(self) -> str:
        """One character."""
        return _MARKS[self][0]

    @property
    def words(self) -> Words:
        """Its name in both languages."""
        return _MARKS[self][1]

    @property
    def meaning(self) -> Words:
        """One sentence for the legend."""
        return _MARKS[self][2]


_MARKS = {
    Mark.PROVEN: (
        "✓",
        Words("bewezen", "proven"),
        Words(
            "door een probe op de keten van dit project (geen geleverde meter), of door een regel uit feiten",
            "by a probe on this project's chain (no meter as delivered), or by a rule from facts",
        ),
    ),
    Mark.COMPUTED: (
        "=",
        Words("berekend", "computed"),
        Words(
            "volgt uit een regel of model en vastgelegde feiten",
            "follows from a rule or model and recorded facts",
        ),
    ),
    Mark.RECORDED: (
        "§",
        Words("vastgelegd", "recorded"),
        Words("staat zo in een genoemde bron", "stands so in a source that is named"),
    ),
    Mark.SEALED: (
        "⚿",
        Words("verzegeld", "sealed"),
        Words("ondertekend oordeel over vertrouwelijk bewijs", "signed verdict about confidential evidence"),
    ),
    Mark.ATTENTION: (
        "◷",
        Words("aandacht", "attention"),
        Words(
            "het bewijs geldt, maar er is iets te beoordelen",
            "the evidence holds, but something is to be reviewed",
        ),
    ),
    Mark.ASSERTED: (
        "❝",
        Words("beweerd", "asserted"),
        Words("iemand stelt dit; er is geen bewijs bij", "somebody says so; no evidence comes with it"),
    ),
    Mark.OPEN: (
        "?",
        Words("open", "open"),
        Words("geen bewijs, of een nodig gegeven ontbreekt", "no evidence, or a needed fact is missing"),
    ),
    Mark.STALE: (
        "⌛",
        Words("verouderd", "stale"),
        Words("bewijs verlopen, of het onderwerp is veranderd", "evidence expired, or its subject changed"),
    ),
    Mark.REFUTED: (
        "✗",
        Words("weerlegd", "refuted"),
        Words("tegenbewijs, of een ondermijner die geldt", "counter-evidence, or a defeater that holds"),
    ),
    Mark.GAP: (
        "⚑",
        Words("hiaat", "gap"),
        Words("de bronnen spreken elkaar tegen of laten het open", "the sources conflict or leave it open"),
    ),
}
