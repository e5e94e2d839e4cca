"""The first page waits for nothing that it doesn't need."""

import subprocess
import sys
from pathlib import Path

LATE = {"claude_agent_sdk", "mcp", "alembic", "httpx", "pandas", "matplotlib", "scipy", "pyarrow", "e2b", "daytona"}
FIRST_PAGE = """
import os, sys
from streamlit.testing.v1 import AppTest
import app
from agent_core.session import Deployment, deployment as module
module._WARM_AFTER_SECONDS = 600  # on a busy machine the page may take longer than that
deployment = Deployment.start()
from components import services
services.compose(lambda: deployment)
page = AppTest.from_file(os.path.abspath("components/screen.py"), default_timeout=60).run()
loaded = {name.partition(".")[0] for name in sys.modules}
assert not page.exception and page.chat_input, page
deployment.close()
print(*sorted(loaded))
"""


def test_the_first_page_of_a_second_start_loads_no_heavy_library(tmp_path: Path) -> None:
    """The SDK, the migrations and the data libraries take two seconds to load; they come when they are needed."""
    root = Path(__file__).parents[2]
    environment = {"RINGFENCE_HOME": str(tmp_path / "home"), "HOME": str(tmp_path), "PYTHONPATH": str(root)}
    make = "from agent_core.storage.database import Database; Database.open('sqlite:///{}').close()"
    home = tmp_path / "home" / "ringfence.db"
    for code in (make.format(home), FIRST_PAGE):
        found = subprocess.run(
            [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True, check=False
        )
        assert found.returncode == 0, found.stderr
    loaded = set(found.stdout.splitlines()[-1].split())
    assert "streamlit" in loaded
    assert loaded & LATE == set()
