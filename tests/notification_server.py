"""A desktop's notification service on a session bus, for tests: it writes what it is asked to show as JSON lines, and
presses the button whose label its argument names ("" closes the notification)."""

import asyncio
import json
import sys

from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_method, dbus_signal


class Notifications(ServiceInterface):
    def __init__(self, press: str) -> None:
        super().__init__("org.freedesktop.Notifications")
        self.press = press

    @dbus_method()
    def GetCapabilities(self) -> "as":  # noqa: F722
        return ["actions", "body"]

    @dbus_method()
    def GetServerInformation(self) -> "ssss":  # noqa: F821
        return ["test", "nippo", "1", "1.2"]

    @dbus_method()
    def Notify(
        self,
        app: "s",  # noqa: F821
        replaces: "u",  # noqa: F821
        icon: "s",  # noqa: F821
        title: "s",  # noqa: F821
        body: "s",  # noqa: F821
        actions: "as",  # noqa: F722
        hints: "a{sv}",  # noqa: F722
        timeout: "i",  # noqa: F821
    ) -> "u":  # noqa: F821
        labels = dict(zip(actions[1::2], actions[::2], strict=True))
        shown = {"app": app, "title": title, "body": body, "buttons": [label for label in labels if label]}
        print(json.dumps(shown), flush=True)
        loop = asyncio.get_running_loop()
        if self.press:
            loop.call_later(1.0, lambda: self.ActionInvoked(1, labels[self.press]))
        else:
            loop.call_later(1.0, lambda: self.NotificationClosed(1, 2))
        return 1

    @dbus_method()
    def CloseNotification(self, number: "u") -> None:  # noqa: F821
        pass

    @dbus_signal()
    def ActionInvoked(self, number: int, key: str) -> "us":  # noqa: F821
        return [number, key]

    @dbus_signal()
    def NotificationClosed(self, number: int, reason: int) -> "uu":  # noqa: F821
        return [number, reason]


async def serve(press: str) -> None:
    bus = await MessageBus().connect()
    bus.export("/org/freedesktop/Notifications", Notifications(press))
    await bus.request_name("org.freedesktop.Notifications")
    print("ready", flush=True)
    await bus.wait_for_disconnect()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
