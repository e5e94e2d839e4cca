"""Who plans in this deployment, and one planner for each conversation."""

from collections.abc import Callable

from agent_core.analyst.api import create_app
from agent_core.config import ANTHROPIC_URL, Settings
from agent_core.contract import Contract
from agent_core.contract.summary import summarise
from agent_core.planning.base import Planner
from agent_core.planning.claude import ClaudePlanner
from agent_core.planning.endpoint import Endpoint
from agent_core.planning.models import check_model
from agent_core.planning.prompt import system_prompt
from agent_core.planning.relay import Relay
from agent_core.session.bench import Bench
from agent_core.session.turn import Model
from agent_core.storage.database import Database
from agent_core.storage.transcripts import TranscriptRows
from agent_core.tools.execute_code import execute_code

PLANNER_IDLE_SECONDS = 60
"""How long the SDK's process, about 220 MiB, is kept between turns."""

MakePlanner = Callable[[Bench], Planner]


class Planners:
    """The Messages endpoint that all planners of this process talk to: Claude's, or the built-in analyst.

    Raises ProviderUnavailable for a model that is not offered.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self.builtin = settings.builtin
        self.label = "Built-in analyst" if settings.builtin else f"Claude ({settings.model})"
        self.model = Model("built-in analyst" if settings.builtin else settings.model, billed=not settings.builtin)
        self._model = settings.model
        self._anthropic = settings.anthropic_base_url == ANTHROPIC_URL and not settings.builtin
        check_model(settings.model, anthropic=self._anthropic)
        self._database = database
        self._settings = settings
        self._relay: Relay | None = None
        self._endpoint: Endpoint | None = None

    async def open(self) -> None:
        """Begin to serve, on the background loop."""
        if not self.builtin:
            settings = self._settings
            key, token = settings.anthropic_api_key, settings.anthropic_auth_token
            self._relay = Relay(settings.anthropic_base_url, key, token)
        self._endpoint = await Endpoint(self._relay or create_app()).__aenter__()

    async def close(self) -> None:
        """Stop serving."""
        if self._endpoint is not None:
            await self._endpoint.aclose()
        if self._relay is not None:
            await self._relay.aclose()

    def make(self, conversation_id: str) -> MakePlanner:
        """How a conversation gets its planner, when it first needs one."""

        def planner(bench: Bench) -> Planner:
            assert self._endpoint is not None
            return ClaudePlanner(
                socket=self._endpoint.socket,
                model=self._model,
                tools=(execute_code(bench),),
                conversation_id=conversation_id,
                transcripts=TranscriptRows(self._database, conversation_id),
                system_prompt=lambda: _prompt(bench.contract),
                idle_seconds=PLANNER_IDLE_SECONDS,
                anthropic=self._anthropic,
            )

        return planner


def _prompt(contract: Contract) -> str:
    return system_prompt(summarise(contract))
