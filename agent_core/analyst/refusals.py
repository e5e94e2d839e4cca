"""What is said when a question can't be answered, or when its code could not run."""

from collections.abc import Sequence

from agent_core.analyst.dialogue import Outcome
from agent_core.analyst.markdown import plain
from agent_core.analyst.schema.columns import Table
from agent_core.analyst.suggestions import questions
from agent_core.analyst.understand.meanings import NoData, Talk, Unclear

_LIMITS = {
    "timeout": (
        "The code took longer than the contract allows, so it "
        "was stopped. Ask about fewer rows, or raise the time-out "
        "in the contract."
    ),
    "out_of_memory": (
        "The code needed more memory than the contract allows, so it was "
        "stopped. Ask about fewer rows or columns, or raise the memory "
        "in the contract."
    ),
    "disk_full": "The sandbox's disk is full. Ask for a smaller file, or raise the disk quota in the contract.",
    "file_too_large": (
        "The file would be larger than the contract allows. Ask for fewer rows, or raise the limit in the contract."
    ),
    "output_limit": "The code printed more than the contract lets through, so it was stopped.",
    "network_denied": (
        "The code tried to reach a host that the contract doesn't "
        "allow. If it should, add the host to the network clause."
    ),
    "sandbox_crashed": "The sandbox ended before the code was done. Ask again: a new one is made, with your files.",
    "rate_limited": (
        "The provider of sandboxes is refusing calls for now, because there were too many. Ask again in a minute."
    ),
    "concurrency_full": "All sandboxes that the contract allows are in use. Ask again when one is free.",
    "budget_exhausted": (
        "The budget of the contract is used up, so nothing was run. You can raise it under Budget in the contract."
    ),
    "clause_refused": "The contract doesn't allow this, so nothing was run.",
    "auth": "The provider of sandboxes refused the key, so nothing was run.",
    "provider_unavailable": "No sandbox can be opened at the moment, so nothing was run.",
    "stopped": "You stopped the code, so there is no result.",
}


def failed(outcome: Outcome, *, tried_again: bool) -> str:
    """Plain words for a call that gave no result. What a limit came to stands at the call already."""
    if sentence := _LIMITS.get(outcome.error or ""):
        return sentence
    again = " I tried a second way, which failed as well." if tried_again else ""
    said = plain_sentence(outcome.message)
    return (
        f"My code failed{f': {said}' if said else ''}.{again} "
        f"I have no answer to this question; asking it in other "
        f"words may help."
    )


def plain_sentence(message: str) -> str:
    """The last line of a message, escaped and short."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if not lines:
        return ""
    return " ".join(plain(word) for word in lines[-1][:300].split()).rstrip(".")


def is_limit(outcome: Outcome) -> bool:
    """Whether it failed for a reason that other code would not change."""
    return outcome.error in _LIMITS


def say(meaning: Talk | Unclear | NoData, tables: Sequence[Table]) -> str:
    """A sentence, and three questions that fit."""
    match meaning:
        case NoData():
            return (
                f"{meaning.reason} Upload a CSV, Excel, JSON or Parquet file, or choose the sample data, and ask again."
            )
        case Unclear():
            about = [meaning.table] if meaning.table else list(tables)
            return f"{meaning.reason} {_offer('You could ask:', about)}"
        case Talk(kind="thanks"):
            return _offer("You're welcome. Next you could ask:", tables)
        case Talk(kind="greeting"):
            return _offer(
                "Hello. I'm the built-in analyst: I answer common questions about your tables by rules. Try:", tables
            )
        case Talk():
            return _offer(
                "I work out overviews, missing values, totals and averages by group, filters, top lists, trends, "
                "distributions, relations and files, and I run code in a fenced block as it is. Try:",
                tables,
            )


def _offer(opening: str, tables: Sequence[Table]) -> str:
    asked = questions(tables)
    if not asked:
        return f"{opening} upload a table first, or choose the sample data."
    return opening + "\n\n" + "\n".join(f"- {plain_question(one)}" for one in asked)


def plain_question(text: str) -> str:
    """A question with the names in it escaped."""
    return "".join(plain(part) if not part.isspace() else part for part in _spaced(text))


def _spaced(text: str) -> list[str]:
    parts: list[str] = []
    for word in text.split(" "):
        parts += [word, " "]
    return [part for part in parts[:-1] if part]
