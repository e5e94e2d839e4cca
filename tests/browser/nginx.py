"""Finds nginx for the tests of many processes, or installs Debian's package where this is root on Debian.

`python -m tests.browser.nginx` installs. Elsewhere those tests are skipped, and say so.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
MISSING = "nginx is not installed: install it with the system's packages, or run the tests as root on Debian"


def program() -> str | None:
    """Where nginx is; None where there is none."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def install() -> None:
    if program() or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    # Its own service would take port 80, and is not wanted.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "nginx-light"]):
        subprocess.run(["apt-get", *arguments], check=False, env=environment, stdout=subprocess.DEVNULL)


@contextmanager
def balancer(folder: Path, ports: Sequence[int]) -> Iterator[str]:
    """The project's own configuration, before three processes on loopback. Yields its URL.

    Each answer says in `X-Served-By` which one it came from.
    """
    text, port = (ROOT / "deploy" / "nginx.conf").read_text(), free_port()
    for number, behind in enumerate(ports, 1):
        text = text.replace(f"app-{number}:8501", f"127.0.0.1:{behind}")
    text = text.replace("listen 8080;", f"listen 127.0.0.1:{port}; add_header X-Served-By $upstream_addr always;")
    text = text.replace("worker_processes auto;", "worker_processes 1;")
    own = [f"{name}_temp_path {folder};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")]
    text = re.sub(r"http \{", "http {\n" + "\n".join([*own, "access_log off;"]), text, count=1)
    file = folder / "nginx.conf"
    user = "user root;\n" if os.geteuid() == 0 else ""
    file.write_text(f"{user}daemon off;\npid {folder}/nginx.pid;\nerror_log stderr;\n{text}")
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen([str(program()), "-e", "stderr", "-c", str(file)], stdout=log, stderr=log)
    try:
        time.sleep(0.2)
        assert process.poll() is None, (folder / "nginx.log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    install()
