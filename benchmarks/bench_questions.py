"""How many plain questions over real data the built-in analyst answers right, by the value of its answers.

`python -m benchmarks.bench_questions`; `--all` prints every answer, a name such as `cars` takes one set alone, and
`--blind` keeps what was held out to a score, for whoever is improving the rules.
"""

import sys
from collections import Counter

from tests.analyst.asked.asking import Examiner, Scored, points
from tests.analyst.asked.sets import conversations
from tests.analyst.running import Box


def told(one: Scored) -> str:
    held = ", held out" if one.conversation.held_out else ""
    return f"  [{one.conversation.name}{held}] {one.turn['ask']}\n      {' '.join(one.said.text.split())[:300]}"


def summed(name: str, scored: list[Scored]) -> str:
    score, share, counts = points(scored)
    return (
        f"{name}: score {score:.1f} %, right {share:.1f} % "
        f"({counts['right']} right, {counts['unknown']} not known, {counts['wrong']} wrong of {len(scored)})"
    )


def main(asked: list[str]) -> None:
    blind, everything = "--blind" in asked, "--all" in asked
    only = {one for one in asked if not one.startswith("--")}
    with Box() as box:
        examiner = Examiner(box)
        chosen = [one for one in conversations() if not only or one.name in only]
        scored = [one for conversation in chosen for one in examiner.ask(conversation)]
    shown = [one for one in scored if not (blind and one.conversation.held_out)]
    for verdict in ("right", "unknown", "wrong") if everything else ("unknown", "wrong"):
        found = [one for one in shown if one.verdict == verdict]
        by_kind = ", ".join(f"{kind} {count}" for kind, count in Counter(one.kind for one in found).most_common())
        print(f"{verdict}: {len(found)} ({by_kind})")
        for one in sorted(found, key=lambda one: one.kind):
            print(f"- {one.kind}\n{told(one)}")
    for name, held in (("seen", False), ("held out", True)):
        part = [one for one in scored if one.conversation.held_out == held]
        if part:
            print(summed(name, part))
    print(summed("all", scored))


if __name__ == "__main__":
    main(sys.argv[1:])
