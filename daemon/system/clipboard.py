"""The clipboard of the person's desktop."""

from __future__ import annotations

from daemon.errors import NippoError
from daemon.words import tr


def put(text: str) -> None:
    """Put a text on the clipboard. Raises ``NippoError`` where none can be reached."""
    import pyperclip

    try:
        pyperclip.copy(text)
    except pyperclip.PyperclipException:
        raise NippoError(
            tr("This machine's clipboard cannot be reached."),
            tr("On Linux install wl-clipboard (Wayland) or xclip (X11); or copy the body in Obsidian."),
        ) from None
