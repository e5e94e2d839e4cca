"""Has a model run exactly one command. There is no other way to run a given program at Claude.

Nobody can make a model do so; what can be done is to compare the command that the API records with the one that was
asked for, and to believe no result of another.
"""

from agent_core.errors import OutOfMemory, ProviderUnavailable, RateLimited, SandboxCrashed
from agent_core.sandbox.answering import Part, Question, Returned, Running
from agent_core.sandbox.claude.container import Container
from agent_core.sandbox.claude.errors import PROVIDER
from agent_core.sandbox.hosted.call import Stuck

SPARE_SECONDS = 60.0
"""What starting the program may take beyond the time of the call, which is held inside."""

_SYSTEM = """\
You are the shell of an automatic test of your code execution container. Each message holds one command in a fenced \
block. Run that command with your code execution tool exactly once, exactly as it stands: change nothing, add nothing, \
leave nothing out, run nothing else, also where it fails. Then answer with the word Done."""


class NotVerbatim(ProviderUnavailable):
    """The model did something else than run the command that it was asked to run."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"Claude was asked to run exactly one command, and {what}: no result of it is used. Try again, or choose "
            "another provider; in a chat the model runs what it wrote itself, which this does not concern."
        )


async def run(container: Container, command: str, *, memory_mib: int) -> Returned:
    """What the command came to.

    Raises NotVerbatim, Stuck (Anthropic stopped it), OutOfMemory, RateLimited, SandboxCrashed, and what
    `Container.ask` does.
    """
    begun: list[str] = []
    ended: list[Returned] = []

    async def hear(part: Part) -> None:
        match part:
            case Running(_, code, _):
                if begun:
                    raise NotVerbatim("ran more than one")
                if code != command:
                    raise NotVerbatim("ran another")
                begun.append(code)
            case Returned():
                ended.append(part)
            case _:
                pass

    talk = ({"role": "user", "content": f"```bash\n{command}\n```"},)
    await container.ask(Question(_SYSTEM, talk), hear, spare_seconds=SPARE_SECONDS)
    if not ended:
        raise NotVerbatim("ran none")
    if (failure := _failure(ended[0], memory_mib)) is not None:
        raise failure
    return ended[0]


def _failure(ended: Returned, memory_mib: int) -> Exception | None:
    """What the container failed to do; None for what the command itself came to."""
    match ended.error:
        case "timeout":
            return Stuck()
        case "out_of_memory":
            return OutOfMemory(memory_mib, state_kept=False)
        case "rate_limited":
            return RateLimited(PROVIDER)
        case "provider_unavailable" | "file_too_large":
            return SandboxCrashed(ended.message.rstrip("."))
        case _:
            return None
