"""Who plans in this deployment, and one planner for each conversation."""

import asyncio
import importlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from agent_core.analyst.api import create_app
from agent_core.config import ANTHROPIC_URL, Settings
from agent_core.contract import HOSTED, Ceiling, Contract, PlannerSettings, ProviderName
from agent_core.contract.summary import summarise
from agent_core.events import BUILTIN_MODEL
from agent_core.planning.base import Emit, Planner, TurnResult
from agent_core.planning.endpoint import Endpoint
from agent_core.planning.history import account, turns
from agent_core.planning.models import check_model
from agent_core.planning.prompt import hosted_prompt, system_prompt
from agent_core.session.bench import Bench
from agent_core.session.crew import Crew, Member
from agent_core.session.log import State
from agent_core.session.offer import PlannerOffer
from agent_core.session.turn import Model
from agent_core.storage.database import Database
from agent_core.storage.transcripts import TranscriptRows
from agent_core.tools.execute_code import execute_code

if TYPE_CHECKING:
    from agent_core.planning.relay import Relay


_PLANNER = "agent_core.planning.claude"


class Planners:
    """The Messages endpoint that all planners of this process talk to: Claude's, or the built-in analyst.

    Raises ProviderUnavailable for a model that is not offered.
    """

    def __init__(self, settings: Settings, database: Database, ceiling: Ceiling, idle_seconds: float) -> None:
        self.builtin = settings.builtin
        self._anthropic = settings.anthropic_base_url == ANTHROPIC_URL and not settings.builtin
        check_model(settings.model, anthropic=self._anthropic)
        self.offer = PlannerOffer(ceiling.usual_planner(settings.model), ceiling, self._anthropic)
        self._database = database
        self._idle_seconds = idle_seconds
        self._settings = settings
        self._crew = Crew()
        self._relay: Relay | None = None
        self._endpoint: Endpoint | None = None

    def label(self, chosen: PlannerSettings) -> str:
        """Who plans, for people."""
        return "Built-in analyst" if self.builtin else f"Claude ({chosen.model})"

    def model(self, chosen: PlannerSettings, provider: ProviderName) -> Model:
        """Who plans, for the events: where the model runs the code itself, it is never the built-in analyst."""
        here = self.builtin and provider not in HOSTED
        return Model(BUILTIN_MODEL, billed=False) if here else Model(chosen.model, billed=True)

    async def open(self) -> None:
        """Begin to serve, on the background loop."""
        if not self.builtin:
            from agent_core.planning.relay import Relay  # noqa: PLC0415  nothing is relayed to the built-in analyst

            settings = self._settings
            key, token = settings.anthropic_api_key, settings.anthropic_auth_token
            self._relay = Relay(settings.anthropic_base_url, key, token)
        self._endpoint = await Endpoint(self._relay or create_app()).__aenter__()

    async def warm(self) -> None:
        """Load the SDK, which takes a second that neither the start nor the first question should wait for."""
        await asyncio.to_thread(importlib.import_module, _PLANNER)

    async def close(self) -> None:
        """Stop serving."""
        if self._endpoint is not None:
            await self._endpoint.aclose()
        if self._relay is not None:
            await self._relay.aclose()

    def bill(self, conversation_id: str, since: datetime, state: State) -> tuple[Model, TurnResult]:
        """Who planned a conversation since a time, and what that has used, as far as its transcript tells."""
        from agent_core.planning.claude import session_of  # noqa: PLC0415  see `warm`
        from agent_core.planning.confined import PROJECT_KEY  # noqa: PLC0415
        from agent_core.planning.spent import spent  # noqa: PLC0415

        entries = TranscriptRows(self._database, conversation_id).load(PROJECT_KEY, session_of(conversation_id)) or ()
        return self.model(state.planner or self.offer.usual, state.contract.provider), spent(
            entries, since, anthropic=self._anthropic
        )

    def make(self, conversation_id: str, bench: Bench, settings: Callable[[], PlannerSettings]) -> Planner:
        """A conversation's planner. `settings` is read before each turn, and checked."""
        from agent_core.planning.claude import ClaudePlanner  # noqa: PLC0415  see `warm`
        from agent_core.planning.hosted import HostedPlanner  # noqa: PLC0415

        assert self._endpoint is not None

        def checked() -> PlannerSettings:
            chosen = settings()
            if not self.builtin:
                self.offer.check(chosen)
            return chosen

        def checked_there() -> PlannerSettings:
            """By a person's own key, also where the built-in analyst plans here."""
            chosen = settings()
            replace(self.offer, anthropic=there).check(chosen)
            return chosen

        there = self._settings.anthropic_base_url == ANTHROPIC_URL

        alone = ClaudePlanner(
            socket=self._endpoint.socket,
            settings=checked,
            tools=(execute_code(bench),),
            conversation_id=conversation_id,
            transcripts=TranscriptRows(self._database, conversation_id),
            system_prompt=lambda: _prompt(bench.contract),
            idle_seconds=self._idle_seconds,
            anthropic=self._anthropic,
        )
        local = Member(alone, self._crew)
        hosted = HostedPlanner(
            bench,
            settings=checked_there,
            system_prompt=lambda container: hosted_prompt(summarise(bench.contract), container.given),
            anthropic=there,
        )
        return Alternating(bench, local, hosted, tells=not self.builtin)


class Alternating:
    """Has each turn planned where the contract has its code run. Satisfies `Planner`.

    The planner that stays here is told what it missed, where it `tells`: the built-in analyst can't be told.
    """

    def __init__(self, bench: Bench, local: Planner, hosted: Planner, *, tells: bool) -> None:
        self._bench = bench
        self._local = local
        self._hosted = hosted
        self._tells = tells
        self._current = local

    @property
    def used(self) -> TurnResult:
        """See `Planner.used`."""
        return self._current.used

    async def turn(self, prompt: str, emit: Emit) -> TurnResult:
        """See `Planner.turn`."""
        if self._bench.contract.provider in HOSTED:
            self._current = self._hosted
            await self._local.release()
            return await self._hosted.turn(prompt, emit)
        self._current = self._local
        missed = account(turns(self._bench.events())[:-1], HOSTED) if self._tells else ""
        return await self._local.turn(missed + prompt, emit)

    async def release(self) -> None:
        """See `Planner.release`."""
        await self._local.release()

    async def close(self) -> None:
        """See `Planner.close`."""
        await self._local.close()


def _prompt(contract: Contract) -> str:
    return system_prompt(summarise(contract))
