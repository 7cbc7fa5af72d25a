"""How fast the review page opens, by the number of reports: ``python -m bench.page [--days 10 100 1000]``.

A real Chromium on a page that is already open goes to the review; told is the time until both panes and the marks
stand, median and slowest of ``--repeats``. Target: a thousand reports in three seconds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent.parent / "tests" / "dashboard")]

from browser_site import Browser, chromium, fill, site  # noqa: E402


def seconds_to_open(browser: Browser, days: int, repeats: int) -> list[float]:
    """Given how many days have reports, return the seconds of each visit."""
    found = []
    with tempfile.TemporaryDirectory() as folder, site(browser, Path(folder)) as here:
        fill(here, days)
        for _ in range(repeats):
            with here.window("status") as page:
                started = time.monotonic()
                here.go(page, "review")
                page.locator(".np-two").wait_for()
                page.locator(".np-row[tabindex]").first.wait_for()
                found.append(time.monotonic() - started)
    return found


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--days", type=int, nargs="+", default=[10, 100, 1000])
    command.add_argument("--repeats", type=int, default=5)
    given = command.parse_args()
    print("| reports | median s | slowest s |\n|---:|---:|---:|", flush=True)
    with chromium() as browser:
        for days in given.days:
            found = seconds_to_open(browser, days, given.repeats)
            print(f"| {days} | {median(found):.2f} | {max(found):.2f} |", flush=True)


if __name__ == "__main__":
    main()
