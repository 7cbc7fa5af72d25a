"""The weekly run, as the daemon's child."""
