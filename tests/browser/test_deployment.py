"""What the container image and the compose file say, as far as it can be tried without Docker."""

import os
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest
import yaml

from tests.browser.conftest import ROOT, App

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class Image(App):
    """The app as the image holds it: only the files that it copies, started by its own command."""

    def __init__(self, folder: Path, home: Path) -> None:
        super().__init__(home)
        self.root = folder


@pytest.fixture
def image(tmp_path: Path) -> Iterator[Image]:
    """Everything that the Dockerfile's last stage copies out of what .dockerignore lets in."""
    folder = tmp_path / "app"
    folder.mkdir()
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    last_stage = (ROOT / "Dockerfile").read_text().rsplit("\nFROM ", 1)[1]
    for line in re.findall(r"^COPY (?!--from)(.+)$", last_stage, re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            assert any(one == source or one.startswith(f"{source}/") for one in let_in), source
            if (ROOT / source).is_dir():
                shutil.copytree(
                    ROOT / source, folder / target, ignore=shutil.ignore_patterns("__pycache__", "secrets.toml")
                )
            else:
                shutil.copy(ROOT / source, folder / target)
    running = Image(folder, tmp_path / "home")
    running.start(address="0.0.0.0")
    yield running
    running.stop()


@pytest.mark.browser
def test_the_image_s_files_are_enough_to_start(image: Image) -> None:
    """Started by the image's command on all addresses, it lives, and answers to no name but its own."""
    with urllib.request.urlopen(f"{image.url}/readyz", timeout=30) as answer:
        assert answer.status == 200
    named = urllib.request.Request(image.url, headers={"Host": "elsewhere.example"})
    with pytest.raises(HTTPError) as refused:
        urllib.request.urlopen(named, timeout=30)
    with refused.value as answer:
        assert answer.code == 421
    command = re.search(r'^CMD \["streamlit", "run", "(.+?)"', (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert command is not None
    assert command.group(1) == "app.py"


def test_every_variable_that_is_named_is_read() -> None:
    """A setting in the compose file, the image or the documents that no code reads would be a promise broken."""
    read = (ROOT / "agent_core" / "config.py").read_text()
    for path in ("compose.yaml", "Dockerfile", "docs/deployment.md", "README.md"):
        for name in set(re.findall(r"\bRINGFENCE_[A-Z0-9_]+", (ROOT / path).read_text())):
            assert name in read, (path, name)


def test_three_processes_share_one_database() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    apps = [service for name, service in compose["services"].items() if name.startswith("app-")]
    assert len(apps) == 3
    assert len({service["environment"]["DATABASE_URL"] for service in apps}) == 1
    upstream = re.findall(r"server (app-\d):8501", (ROOT / "deploy" / "nginx.conf").read_text())
    assert upstream == ["app-1", "app-2", "app-3"]
    assert compose["services"]["database"].get("ports") is None


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_nginx_takes_its_file(tmp_path: Path) -> None:
    text = re.sub(r"server app-(\d):8501", r"server 127.0.0.\1:8501", (ROOT / "deploy" / "nginx.conf").read_text())
    # nginx opens its log of requests even to try a file, and only root may.
    text = text.replace("http {", "http {\n    access_log off;", 1)
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/nginx.pid;\nerror_log stderr;\n{text}")
    done = subprocess.run(
        [str(NGINX), "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
