"""The always-on side of nippo: notices diary notes and writes daily reports. Never imports torch or training."""

__version__ = "0.1.0"
