# SPDX-License-Identifier: MIT
"""Looks at the status page. Run by test-status.sh, which has made builds that wait for all kinds of things.

    status.py URL BUILDS
"""
import os
import sys

import browser

URL, BUILDS = sys.argv[1:3]
WIDTHS = {"large": (1280, 900), "phone": (375, 812)}


def expect(what, value, expected):
    if value != expected:
        sys.exit(f"{what}: {value!r} and not {expected!r}")


with browser.Browser() as page:
    for name, (width, height) in WIDTHS.items():
        page.size(width, height)
        page.open(URL + "/rida/status")
        expect("the current place", page.texts("nav [aria-current]"), ["Status"])
        expect(f"{name}: it fits", page.value("return document.documentElement.scrollWidth <= innerWidth"), True)
        expect(f"{name}: rows", len(page.texts(".waits tbody tr")), int(BUILDS))
        expect(f"{name}: what was set aside comes first", page.texts(".waits tbody tr .why")[0].startswith("It was set aside."), True)
        expect(f"{name}: problems", len(page.texts(".panel .note")) > 0, True)
        if "RIDA_SHOTS" in os.environ:
            page.screenshot(os.path.join(os.environ["RIDA_SHOTS"], f"status-{name}.png"))
    page.follow("#build-12 .name a")
    expect("its own page says the same", "4 attempts without progress" in page.text(".panel"), True)
    if "RIDA_SHOTS" in os.environ:
        page.screenshot(os.path.join(os.environ["RIDA_SHOTS"], "build.png"))
    expect("the console", page.console(), [])
