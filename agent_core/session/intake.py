"""Files on their way into a conversation: taken at the screen, looked at in the sandbox."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_core.contract import HOSTED
from agent_core.errors import RingfenceError
from agent_core.events import FileProfile, FileRefused, FileUploaded, Upload
from agent_core.files.intake import take_in
from agent_core.files.profiler import parse_profile, profile_code
from agent_core.sandbox.base import Output
from agent_core.session.draft import DraftBoard
from agent_core.session.hold import Hold
from agent_core.session.log import Log
from agent_core.session.values import IncomingFile
from agent_core.storage.artifacts import Artifacts

_PROFILE_SECONDS = 60
_LARGE_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Taken:
    """Files of one message: those stored, and those refused with the reason."""

    uploads: tuple[Upload, ...] = ()
    refused: tuple[FileRefused, ...] = ()


class Intake:
    """Stores uploads, and learns what is in them by looking inside the sandbox alone."""

    def __init__(self, log: Log, draft: DraftBoard, hold: Hold, artifacts: Artifacts) -> None:
        self._log = log
        self._draft = draft
        self._hold = hold
        self._artifacts = artifacts

    def take(self, files: Sequence[IncomingFile]) -> Taken:
        """Check and store files, in the caller's thread, while their streams are open."""
        uploads: list[Upload] = []
        refused: list[FileRefused] = []
        for file in files:
            state = self._log.state
            taken = [upload.name for upload in uploads]
            kept = take_in(
                file.name,
                file.content,
                file.size,
                contract=state.contract,
                taken=taken,
                store=self._artifacts,
                here=[name for name in state.files if name not in taken],
            )
            match kept:
                case Upload():
                    uploads.append(kept)
                case FileRefused():
                    refused.append(kept)
        return Taken(tuple(uploads), tuple(refused))

    async def look_inside(self, uploads: Sequence[Upload]) -> None:
        """Profile stored files in the sandbox and record them."""
        for upload in uploads:
            self._draft.status(f"Reading {upload.name}")
            profile = await self._profile(upload)
            replaces = upload.name in self._log.state.files
            self._log.append(FileUploaded(upload=upload, profile=profile, replaces=replaces))

    async def _send(self, upload: Upload) -> None:
        """Into the sandbox that is open; of a file that takes a while, the screen hears how much has gone."""

        def sent(count: int) -> None:
            done = count >= upload.size
            self._draft.further(f"Reading {upload.name}" + ("" if done else f", {count * 100 // upload.size} % sent"))

        await self._hold.write_file(upload.name, upload.sha256, sent if upload.size > _LARGE_BYTES else None)

    async def _hand_over(self, upload: Upload) -> FileProfile | None:
        """A program of ours can't look at it there: the model looks for itself."""
        try:
            await self._send(upload)
        except RingfenceError as error:
            await self._hold.after_call(error)
            return FileProfile(problem=f"The file is here, but it could not be sent: {error}")
        return None

    async def _profile(self, upload: Upload) -> FileProfile | None:
        if self._log.state.contract.provider in HOSTED:
            return await self._hand_over(upload)
        heard: list[str] = []

        def hear(output: Output) -> None:
            if output.stream == "stdout":
                heard.append(output.text)

        try:
            sandbox = await self._hold.sandbox()
            await self._send(upload)
            await sandbox.run(profile_code(upload.name), emit=hear, timeout_seconds=_PROFILE_SECONDS)
        except RingfenceError as error:
            await self._hold.after_call(error)
            return FileProfile(problem=f"The file is here, but it could not be looked at: {error}")
        return parse_profile("".join(heard))
