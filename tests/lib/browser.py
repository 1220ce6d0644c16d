# SPDX-License-Identifier: MIT
"""Debian's Chromium for tests, without a screen, driven over WebDriver.

    import browser

    with browser.Browser() as page:
        page.open(url)
        assert page.find("Build 42")
        assert page.value("return document.title") == "..."
        assert page.console() == []

One browser serves many pages, some 30 ms each. Everything it writes is below $T. However the program
ends, chromedriver and Chromium end with it: they are told to when it leaves the block or exits, the
kernel ends chromedriver when this process is killed, and Chromium ends with the pipe to chromedriver.
"""
import atexit
import base64
import ctypes
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--disable-extensions", "--disable-default-apps", "--mute-audio",
    "--hide-scrollbars", "--remote-debugging-pipe",
    # What is kept of pages that were left costs half of the time of the next one.
    "--disable-features=BackForwardCache,RenderDocument,MediaRouter,OptimizationHints,Translate",
]
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
libc = ctypes.CDLL(None)


class Problem(Exception):
    """What WebDriver said: its error code and a sentence."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


def _children():
    """The pids whose parent is this process."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                if int(file.read().rpartition(")")[2].split()[1]) == os.getpid():
                    found.append(int(name))
        except (OSError, ValueError):
            continue
    return found


class Browser:
    """One Chromium with one window. requests: keep what it asked servers for, for requests()."""

    def __init__(self, requests=False, arguments=()):
        self.driver = self.link = self.session = None
        # Orphans of chromedriver become our children, so that they can be ended by their pids.
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.folder = tempfile.mkdtemp(prefix="chromium.", dir=os.environ.get("T"))
        atexit.register(self.close)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        try:
            self._start_driver()
            self._start_session(requests, list(arguments))
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- starting and ending ----------------------------------------------------------------

    def _start_driver(self):
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8",
            "HOME": self.folder, "TMPDIR": self.folder, "XDG_CONFIG_HOME": self.folder,
        }
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0", "--log-level=SEVERE"], env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
        for line in self.driver.stdout:
            said = re.search(r"successfully on port (\d+)", line)
            if said:
                self.link = http.client.HTTPConnection("127.0.0.1", int(said.group(1)), timeout=60)
                return
        raise RuntimeError("chromedriver did not start")

    def _start_session(self, requests, arguments):
        logs = {"browser": "ALL"}
        if requests:
            logs["performance"] = "ALL"
        wants = {
            "browserName": "chrome",
            "unhandledPromptBehavior": "ignore",
            "goog:loggingPrefs": logs,
            "goog:chromeOptions": {
                "binary": shutil.which("chromium"),
                "args": ARGUMENTS + ["--user-data-dir=" + self.folder + "/profile"] + arguments,
            },
        }
        answer = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wants}})
        self.session = "/session/" + answer["sessionId"]
        self.size(1280, 800)
        for log in logs:
            self.post("/se/log", type=log)

    def close(self):
        """Ends the browser; twice is once."""
        if self.session:
            try:
                self.link.timeout = 5
                self._ask("DELETE", self.session)
            except (OSError, http.client.HTTPException, Problem):
                pass
            self.session = None
        if self.driver:
            self.driver.kill()
            self.driver.wait()
            self.driver.stdout.close()
            self._end_orphans()
            self.driver = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end_orphans(self):
        until = time.monotonic() + 5
        while (left := _children()) and time.monotonic() < until:
            for pid in left:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)

    # ---- WebDriver --------------------------------------------------------------------------

    def _ask(self, method, path, body=None):
        text = json.dumps(body if body is not None else {}) if method == "POST" else None
        self.link.request(method, path, text, {"Content-Type": "application/json"})
        answer = json.loads(self.link.getresponse().read())["value"]
        if isinstance(answer, dict) and "error" in answer and "message" in answer:
            raise Problem(answer["error"], answer["message"].split("\n")[0])
        return answer

    def post(self, path, **body):
        """A WebDriver command of this session."""
        return self._ask("POST", self.session + path, body)

    def get(self, path):
        return self._ask("GET", self.session + path)

    def cdp(self, command, **parameters):
        """A command of the Chrome DevTools Protocol."""
        return self.post("/goog/cdp/execute", cmd=command, params=parameters)

    # ---- pages ------------------------------------------------------------------------------

    def open(self, url):
        """Goes to the URL and waits until it is loaded, or a dialog is open."""
        self.post("/url", url=url)

    def address(self):
        return self.get("/url")

    def value(self, script, *arguments):
        """Runs the body of a function in the page: its return value. Works without JavaScript too."""
        return self.post("/execute/sync", script=script, args=list(arguments))

    def text(self, selector="body"):
        """The text that a person sees, of the first element that fits; None: there is none."""
        return self.value("const e = document.querySelector(arguments[0]); return e && e.innerText", selector)

    def texts(self, selector):
        """The texts of all elements that fit."""
        return self.value("return [...document.querySelectorAll(arguments[0])].map(e => e.innerText.trim())", selector)

    def find(self, text):
        """Whether the text is to be seen on the page."""
        return text in self.text()

    def click(self, selector):
        """Clicks, as a person does, on the first element that fits."""
        element = self.post("/element", using="css selector", value=selector)
        self.post("/element/" + next(iter(element.values())) + "/click")

    def follow(self, selector):
        """Clicks on what leads to another page, and waits until that is loaded."""
        self.value("window.isLeft = true")
        self.click(selector)
        self.wait("return !window.isLeft && document.readyState === 'complete'")

    def type(self, selector, text):
        """Types into the first field that fits, in the place of what was in it."""
        element = self.post("/element", using="css selector", value=selector)
        path = "/element/" + next(iter(element.values()))
        self.post(path + "/clear")
        self.post(path + "/value", text=text)

    def wait(self, script, seconds=10):
        """Asks until the script returns something true: that. Otherwise a TimeoutError."""
        until = time.monotonic() + seconds
        while not (value := self.value(script)):
            if time.monotonic() > until:
                raise TimeoutError(f"never true: {script}")
            time.sleep(0.05)
        return value

    def dialog(self):
        """The text of the open dialog (alert, confirm, prompt), which is closed; None: none is open."""
        try:
            text = self.get("/alert/text")
            self.post("/alert/dismiss")
            return text
        except Problem as problem:
            if problem.code != "no such alert":
                raise
            return None

    # ---- what it looks like -----------------------------------------------------------------

    def size(self, width, height=800):
        """The size of the page's window; below 600 it is a phone."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=width < 600)

    def dark(self, is_dark):
        scheme = "dark" if is_dark else "light"
        self.cdp("Emulation.setEmulatedMedia",
                 features=[{"name": "prefers-color-scheme", "value": scheme}])

    def scripts(self, are_on):
        """Pages opened from now on run scripts, or do not."""
        self.cdp("Emulation.setScriptExecutionDisabled", value=not are_on)

    def offline(self, is_offline):
        """Whether the network is gone."""
        self.cdp("Network.enable")
        self.cdp("Network.emulateNetworkConditions", offline=is_offline, latency=0,
                 downloadThroughput=-1, uploadThroughput=-1)

    def screenshot(self, path, whole=True):
        """A picture (PNG) of the whole page, or of what the window shows."""
        options = {"format": "png"}
        if whole:
            box = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
            options.update(captureBeyondViewport=True, clip={**box, "scale": 1})
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.cdp("Page.captureScreenshot", **options)["data"]))

    # ---- what happened ----------------------------------------------------------------------

    def console(self):
        """What the console was told since it was last asked: (level, text), with what a policy
        stopped, requests that failed and scripts that broke."""
        return [(entry["level"], entry["message"]) for entry in self.post("/se/log", type="browser")]

    def requests(self):
        """The URLs it asked for since it was last asked; of a Browser(requests=True)."""
        events = [json.loads(entry["message"])["message"]
                  for entry in self.post("/se/log", type="performance")]
        return [event["params"]["request"]["url"] for event in events
                if event["method"] == "Network.requestWillBeSent"]

    def resources(self):
        """What the page loaded by itself: [{"name": URL, "duration": ms, "responseStatus": …}]."""
        return self.value("return performance.getEntriesByType('resource').map(e => e.toJSON())")

    def timing(self):
        """How the page itself was loaded: responseEnd, domComplete, transferSize … in ms and bytes."""
        return self.value("return performance.getEntriesByType('navigation')[0].toJSON()")
