"""Messages printed in the OMS Specification, Volume 2, Annex N, with the test keys printed beside them.

Devices, numbers and keys are those of the specification; no meter stands behind them. Every CRC and every
authentication code in them holds when computed anew, which is what vouches for the octets.
"""

PROFILE_A_KEY = bytes.fromhex("0102030405060708090A0B0C0D0E0F11")
PROFILE_B_KEY = bytes.fromhex("000102030405060708090A0B0C0D0E0F")

PROFILE_A = bytes.fromhex(
    "2E44931578563412330333637A2A0020255923C95AAA26D1B2E7493BC2AD"
    "013EC4A6F6D3529B520EDFF0EA6DEFC955B29D6D69EBF3EC8A"
)
"""Gas meter with radio, mode 5, format A."""

PROFILE_B = bytes.fromhex(
    "434493157856341233037AC98C2075900F002C25B30A000021924D4FBA37"
    "2FB66E017A75002007109058475F4BC9D1281DF878B80A1B0F98B629024A"
    "AC7279429398BFC549233C0140829B93BAA1"
)
"""The same gas meter, mode 7 with its code in the authentication layer, format A."""

ADAPTER = bytes.fromhex(
    "53082448443322110337D0468E80753A63665544330A31900F002C25E00A"
    "B30A0000AF5D74DF73A600D972785634C027129315330375002007109058"
    "475F4BC955CF1DF878B80A1B0F98B629024AAC7279429398BFC549233C01"
    "40829B93BAA1"
)
"""Its radio sits in an adapter with an address of its own."""

PARTIAL = bytes.fromhex(
    "2D44934444332211553769EF7288776655934455080004100500DFE227F9"
    "A782146D1513581CD2F83F39040CFD1040C4785634128134"
)
"""Heat cost allocator, mode 5 over the first block alone; opens with the key of profile B."""
