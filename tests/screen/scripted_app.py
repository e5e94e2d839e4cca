"""The app over a scripted Deployment, for looking at: `streamlit run tests/screen/scripted_app.py`."""

import runpy
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
sys.path.append(str(_ROOT))

from components import services  # noqa: E402
from tests.screen.scripted import ScriptedDeployment  # noqa: E402

_PACE_SECONDS = 0.12

services.compose(lambda: ScriptedDeployment(_PACE_SECONDS))
runpy.run_path(str(_ROOT / "components" / "screen.py"), run_name="__main__")
