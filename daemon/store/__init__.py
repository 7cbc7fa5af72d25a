"""The daemon's memory: one SQLite file."""
