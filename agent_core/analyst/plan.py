"""What comes next: everything is decided from the request itself, by reading it from the start."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from agent_core.analyst.announce import announce
from agent_core.analyst.answer.compose import compose
from agent_core.analyst.answer.facts import NotFound, read_facts
from agent_core.analyst.briefing import FileNote, files_now
from agent_core.analyst.dialogue import Outcome, Run, Turn, read
from agent_core.analyst.explain import explained
from agent_core.analyst.markdown import code, listed, plain, quoted
from agent_core.analyst.query import Query
from agent_core.analyst.refusals import failed, is_limit, plain_sentence, say
from agent_core.analyst.reply import Call, Reply
from agent_core.analyst.schema.columns import Table, tables
from agent_core.analyst.search import read_findings, search_program
from agent_core.analyst.side import is_summary_request, side_answer, summary
from agent_core.analyst.understand.meanings import Explain, Meaning, NoData, Search, Talk, Unclear, Verbatim
from agent_core.analyst.understand.question import Found, understand
from agent_core.analyst.understand.talking import talk, to_explain, verbatim
from agent_core.analyst.write.load import with_one_spelling
from agent_core.analyst.write.program import Repair, program

_REPAIRS: tuple[tuple[str, Repair], ...] = ((r"KeyError|not in index|not found in axis", "columns"), (r"", "types"))


@dataclass(frozen=True, slots=True)
class Reading:
    """A turn understood: what it means, and the runs that count for it."""

    meaning: Meaning
    runs: tuple[Run, ...]


def answer(body: Mapping[str, Any]) -> Reply:
    """The analyst's next reply to a request of the Messages API. Never raises on any JSON object."""
    dialogue = read(body)
    if dialogue.turns and is_summary_request(dialogue.turns[-1].question):
        return summary(dialogue)
    if dialogue.tool is None or not dialogue.turns:
        return side_answer(body, dialogue)
    notes: list[FileNote] = []
    previous: Query | None = None
    known: tuple[Table, ...] = ()
    reading = Reading(Unclear("I didn't understand."), ())
    for turn in dialogue.turns:
        notes += turn.notes
        if not turn.question:
            reading = Reading(Talk("help"), ())
            continue
        known = _tables(notes)
        reading = _read_turn(turn, notes, known, previous)
        if isinstance(reading.meaning, Query):
            previous = reading.meaning
    return _next(reading, known)


def _tables(notes: list[FileNote]) -> tuple[Table, ...]:
    present = files_now(notes).values()
    return tables([(note.name, note.profile) for note in present if note.profile])


def _read_turn(turn: Turn, notes: list[FileNote], known: tuple[Table, ...], previous: Query | None) -> Reading:
    runs = tuple(turn.runs)
    if given := verbatim(turn.question):
        return Reading(given, runs)
    if asked := to_explain(turn.question):
        return Reading(asked, runs)
    if said := talk(turn.question):
        return Reading(said, runs)
    if not known:
        return Reading(_no_data(notes), runs)
    meaning = understand(turn.question, known, previous, {})
    if isinstance(meaning, Search) and runs:
        return _after_search(turn, known, previous, meaning, runs)
    return Reading(meaning, runs)


def _after_search(
    turn: Turn, known: tuple[Table, ...], previous: Query | None, search: Search, runs: tuple[Run, ...]
) -> Reading:
    outcome = runs[0].outcome
    if outcome is None or outcome.error:
        return Reading(search, runs)
    found: Found = read_findings(outcome.stdout, search.words)
    return Reading(understand(turn.question, known, previous, found), runs[1:])


def _no_data(notes: list[FileNote]) -> NoData:
    present = files_now(notes)
    problems = [note.profile.problem for note in present.values() if note.profile and note.profile.problem]
    if problems:
        return NoData(f"I can't read {code(next(iter(present)))} as a table: {plain_sentence(problems[0])}.")
    if present:
        return NoData(f"I found no table in {listed([code(name) for name in present])}.")
    return NoData("There is no file yet.")


def _next(reading: Reading, known: tuple[Table, ...]) -> Reply:
    meaning, runs = reading.meaning, reading.runs
    match meaning:
        case Talk() | Unclear() | NoData():
            return Reply(say(meaning, known))
        case Verbatim():
            return _verbatim(meaning, runs)
        case Explain():
            return Reply(explained(meaning))
        case Search():
            return _search(meaning, runs)
        case Query():
            return _query(meaning, runs)
    assert_never(meaning)


def _search(search: Search, runs: tuple[Run, ...]) -> Reply:
    if runs and runs[0].outcome:
        return Reply(failed(runs[0].outcome, tried_again=False))
    words = listed([quoted(word) for word in search.words])
    return Reply(f"First I'll look for {words} in the data.", Call(search_program(search)))


def _verbatim(given: Verbatim, runs: tuple[Run, ...]) -> Reply:
    if not runs or runs[0].outcome is None:
        return Reply("I'll run your code as it is.", Call(given.code, given.language))
    outcome = runs[0].outcome
    if outcome.error:
        if is_limit(outcome):
            return Reply(failed(outcome, tried_again=False))
        if outcome.message.startswith("EOFError"):
            return Reply("Your code asked for input, and nobody can type while it runs: write the value into the code.")
        return Reply(f"Your code ended with an error: {plain_sentence(outcome.message) or 'see its output above'}.")
    made = [code(name) for name in outcome.artifacts if name]
    return Reply(f"Your code ran through{f' and made {listed(made)}' if made else ''}. {_printed(outcome)}")


def _printed(outcome: Outcome) -> str:
    lines = outcome.stdout.strip().splitlines()
    if not lines:
        return "It printed nothing."
    return (
        f"It printed {quoted(lines[0])}."
        if len(lines) == 1
        else f"It printed {len(lines):,} lines; open the run above to read them."
    )


def _spelt_unevenly(outcome: Outcome) -> bool:
    facts = read_facts(outcome.stdout)
    try:
        return any(count > 0 for count in facts.numbers("spellings"))
    except NotFound:
        return False


def _query(query: Query, runs: tuple[Run, ...]) -> Reply:
    last = runs[-1].outcome if runs else None
    if last is None:
        return Reply(announce(query), Call(program(query)))
    if last.error is None and _spelt_unevenly(last) and len(runs) == 1:
        sentence = "Some values differ only by case or by spaces around them. I'll take those as one and do it again."
        return Reply(sentence, Call(program(with_one_spelling(query))))
    if last.error is None:
        return Reply(compose(query, last))
    if is_limit(last) or len(runs) > 1:
        return Reply(failed(last, tried_again=len(runs) > 1))
    repair = next(repair for pattern, repair in _REPAIRS if re.search(pattern, last.message))
    sentence = (
        f"That failed ({plain_sentence(last.message) or plain('no message')}). I'll try once more in another way."
    )
    return Reply(sentence, Call(program(query, repair=repair)))
