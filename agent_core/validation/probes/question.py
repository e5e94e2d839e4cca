"""Probes that ask from the inside: a few lines of Python each, which return what they could reach.

The lines are the body of a function. They know `T`, the traps that were laid on the host, and a few helpers; they
return a list of sentences, each of them evidence of a leak. An empty list is a probe that was held.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

from agent_core.sandbox.frames import parse_json
from agent_core.validation.base import Group, Outcome, Probe

_MOST_TEXT = 600
_MARK = "ringfence-facts:"

_PRELUDE = '''
import contextlib, ctypes, errno, glob, json, os, platform, resource, select, socket, struct, subprocess, sys, time

T = json.loads(%(traps)r)
_libc = ctypes.CDLL(None, use_errno=True)

def readable(path):
    """Whether a file can be read, and what it begins with."""
    try:
        with open(path, "rb") as file:
            return file.read(64)
    except OSError:
        return None

def holds(path, secret):
    found = readable(path)
    return found is not None and secret.encode() in found

def writable(path):
    """Whether something can be written there. Nothing is."""
    try:
        with open(path, "ab"):
            return True
    except OSError:
        return False

def makes(folder):
    """Whether a file can be made in a folder. It is removed at once."""
    path = os.path.join(folder, T["marker"])
    try:
        open(path, "xb").close()
    except OSError:
        return False
    with contextlib.suppress(OSError):
        os.unlink(path)
    return True

def makes_folder(folder):
    path = os.path.join(folder, T["marker"])
    try:
        os.mkdir(path)
    except OSError:
        return False
    os.rmdir(path)
    return True

def call(number, *arguments):
    """A system call by its number: 0 where it worked, else its error."""
    done = _libc.syscall(*[ctypes.c_long(one) for one in (number, *arguments)])
    return 0 if done >= 0 else ctypes.get_errno()

def number(x86, arm):
    return {"x86_64": x86, "aarch64": arm}[platform.machine()]

def refused(code):
    return code in (errno.EPERM, errno.ENOSYS, errno.EACCES)

def command_lines():
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield path.split("/")[2], open(path, "rb").read()

def own_processes():
    """What runs inside, as far as it can be seen, with its command line and its environment."""
    for path in glob.glob("/proc/[0-9]*"):
        with contextlib.suppress(OSError):
            yield path, open(path + "/environ", "rb").read()

def status():
    return dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)

def connects(family, kind, address):
    with contextlib.suppress(OSError), socket.socket(family, kind) as reached:
        reached.settimeout(1)
        reached.connect(address)
        return True
    return False

facts = {}
'''


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a probe came out, and what was seen."""

    outcome: Outcome
    seen: str


@dataclass(frozen=True, slots=True)
class Question:
    """A probe and the lines that try it."""

    probe: Probe
    code: str
    held: str
    """What is said where nothing was reached."""
    own_machine: str = ""
    """Why it makes no sense where a sandbox is a machine of its own; empty where it does."""


def question(
    group: Group,
    name: str,
    title: str,
    code: str,
    *,
    reason: str,
    if_failed: str,
    remedy: str,
    held: str = "Nothing could be reached.",
    own_machine: str = "",
) -> Question:
    """A question of a group; `name` is unique in it."""
    return Question(
        Probe(f"{group}.{name}", group, title, reason, if_failed, remedy), dedent(code).strip("\n"), held, own_machine
    )


def program(questions: Iterable[Question], traps: Mapping[str, Any]) -> str:
    """One program for many questions. What one of them raises is its own answer."""
    parts = [_PRELUDE % {"traps": json.dumps(traps)}]
    for place, asked in enumerate(questions):
        body = "\n".join(f"    {line}" for line in asked.code.splitlines())
        parts.append(
            f"def ask_{place}():\n{body}\n"
            f"try:\n    facts[{asked.probe.id!r}] = [str(one)[:200] for one in ask_{place}()][:8]\n"
            f"except Exception as error:\n"
            f"    facts[{asked.probe.id!r}] = type(error).__name__ + ': ' + str(error)[:200]\n"
        )
    parts.append(f"print({_MARK!r} + json.dumps(facts))\n")
    return "\n".join(parts)


def answers(printed: str) -> dict[str, Any]:
    """What the program found, by probe. Empty where it printed no facts."""
    for line in reversed(printed.splitlines()):
        if line.startswith(_MARK):
            found = parse_json(line.removeprefix(_MARK).encode())
            return found if isinstance(found, dict) else {}
    return {}


def judge(asked: Question, answer: Any) -> Verdict:
    """What an answer means. It comes from a sandbox, and may be anything."""
    match answer:
        case []:
            return Verdict("passed", asked.held)
        case list(evidence):
            return Verdict("failed", "; ".join(str(one) for one in evidence)[:_MOST_TEXT])
        case str(error):
            return Verdict("inconclusive", f"It could not be tried: {error}"[:_MOST_TEXT])
        case _:
            return Verdict("inconclusive", "The sandbox gave no answer.")
