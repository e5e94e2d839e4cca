"""The SDK, as far as it is used: streamed messages with hosted code execution, and the Files API."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any

from pydantic import SecretStr

from agent_core.errors import ProviderUnavailable, RingfenceError
from agent_core.sandbox.answering import Question
from agent_core.sandbox.claude.errors import too_large, translated

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

TOOL = "code_execution_20260120"
LARGEST_UPLOAD_MIB = 500
"""The Files API's own limit."""

_MOST_TOKENS = 32_000
_SHORTEST_SECONDS, _LONGEST_SECONDS = 3_600, 7_776_000
"""How long a file can be told to last, at the least and at the most."""
_SECONDS = 60.0
_IN_MEMORY = 8 << 20
_MIB = 1 << 20


class Api:
    """One account at one endpoint. Its requests are tried once: who asks decides whether they are tried again.

    `answer_seconds` is the longest silence in an answer.
    """

    def __init__(
        self,
        model: str,
        *,
        api_key: SecretStr | None,
        auth_token: SecretStr | None,
        base_url: str,
        answer_seconds: float = 300,
    ) -> None:
        self.model = model
        self._api_key, self._auth_token = api_key, auth_token
        self._base_url = base_url
        self._answer_seconds = answer_seconds
        self._made: AsyncAnthropic | None = None

    @asynccontextmanager
    async def stream(
        self, question: Question, messages: Sequence[Mapping[str, Any]], container: str | None
    ) -> AsyncIterator[AsyncIterator[Mapping[str, Any]]]:
        """One request, and the events of its answer. The SDK's exceptions come out as they are.

        The SDK's own `messages.stream` puts the answer together by itself, and warns, quoting it, of each value
        that it does not know.
        """
        given: dict[str, Any] = {
            "model": question.model or self.model,
            "max_tokens": _MOST_TOKENS,
            "system": question.system,
            "messages": list(messages),
            "tools": [{"type": TOOL, "name": "code_execution"}],
            "thinking": {"type": "adaptive", "display": "summarized"},
            "stream": True,
        }
        if question.effort is not None:
            given["output_config"] = {"effort": question.effort}
        if container is not None:
            given["container"] = container
        async with await self._client().messages.create(**given) as stream:
            yield (event.model_dump(mode="json", exclude_unset=True, warnings=False) async for event in stream)

    async def upload(self, name: str, content: IO[bytes], lasting_seconds: int) -> str:
        """Send a file, and return what it is called there. Raises AuthFailed, RateLimited, ProviderUnavailable."""
        seconds = max(_SHORTEST_SECONDS, min(lasting_seconds, _LONGEST_SECONDS))
        with translated():
            sent = await self._client().files.upload(
                file=(name, content), expires_in_seconds=seconds, timeout=self._answer_seconds
            )
        return str(sent.id)

    async def download(self, file: str, limit_mib: int) -> tuple[str, bytes]:
        """A file's name and bytes, never more than the limit. Raises FileTooLarge, and what `upload` does."""
        with translated():
            known = await self._client().files.retrieve_metadata(file, timeout=_SECONDS)
            name = str(known.filename)
            if known.size_bytes > limit_mib * _MIB:
                raise too_large(limit_mib, name)
            content = bytearray()
            async with self._client().files.with_streaming_response.download(
                file, timeout=self._answer_seconds
            ) as answer:
                async for piece in answer.iter_bytes():
                    content += piece
                    if len(content) > limit_mib * _MIB:
                        raise too_large(limit_mib, name)
        return name, bytes(content)

    async def delete(self, file: str) -> None:
        """Delete a file. One that is gone is no error. Raises what `upload` does."""
        from anthropic import NotFoundError

        with translated(), contextlib.suppress(NotFoundError):
            await self._client().files.delete(file, timeout=_SECONDS)

    async def available(self) -> str | None:
        """Why it can't be used; None where it can."""
        try:
            with translated():
                await self._client().files.list(limit=1, timeout=_SECONDS)
        except ProviderUnavailable as error:
            return f"{error} Code execution needs an endpoint that has the Files API."
        except RingfenceError as error:
            return str(error)
        return None

    async def aclose(self) -> None:
        """Close the connections."""
        made, self._made = self._made, None
        if made is not None:
            await made.close()

    def _client(self) -> "AsyncAnthropic":
        if self._made is None:
            from anthropic import AsyncAnthropic, Timeout

            token = self._auth_token.get_secret_value() if self._auth_token else None
            key = self._api_key.get_secret_value() if self._api_key else None
            self._made = AsyncAnthropic(
                # An endpoint without a key gets one that says so: the SDK sends no request without any.
                api_key=None if token else key or "none",
                auth_token=token,
                base_url=self._base_url,
                max_retries=0,
                timeout=Timeout(self._answer_seconds, connect=10),
            )
        return self._made


def spool() -> IO[bytes]:
    """A file for what is on its way, in memory while it is small."""
    return SpooledTemporaryFile(max_size=_IN_MEMORY)
