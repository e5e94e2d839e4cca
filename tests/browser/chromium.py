"""Finds a Chromium for the browser tests, or installs one.

An existing one first; else Debian's package where this is root; else Playwright's own download.
`python -m tests.browser.chromium` installs.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def installed() -> str | None:
    """The path of a Chromium on this machine; None where only Playwright's own may exist."""
    if (named := os.environ.get("CHROMIUM")) and shutil.which(named):
        return named
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def launch_options() -> dict[str, object]:
    """Keyword arguments for Playwright's `chromium.launch`."""
    options: dict[str, object] = {"args": [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS}
    if path := installed():
        options["executable_path"] = path
    return options


def install() -> None:
    if installed():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", *arguments], check=True, env=environment, stdout=subprocess.DEVNULL)
        return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__":
    install()
