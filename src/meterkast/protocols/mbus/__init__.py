"""M-Bus: the link frames of EN 13757-2, the records of EN 13757-3 and the Dutch gas telegram of DSMR P2."""
