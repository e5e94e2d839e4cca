"""What changed from one version of a contract to the next, in plain sentences."""

from agent_core.contract.clauses import Contract
from agent_core.contract.terms import TERMS, Term
from agent_core.contract.words import LANGUAGE_NAMES, listed


def changes(old: Contract, new: Contract) -> tuple[str, ...]:
    """One sentence for each change, in the order of the document; none where both are equal."""
    return tuple(sentence for term in _changed(old, new) for sentence in _sentences(term, old, new))


def changed_clauses(old: Contract, new: Contract) -> frozenset[str]:
    """The clauses that differ, such as `timeout`; the name and the provider count as clauses too."""
    return frozenset(term.clause for term in _changed(old, new))


def _changed(old: Contract, new: Contract) -> tuple[Term, ...]:
    return tuple(term for term in TERMS if term.of(old) != term.of(new))


def _sentences(term: Term, old: Contract, new: Contract) -> tuple[str, ...]:
    before, after = term.of(old), term.of(new)
    if term.path == "network.domains":
        return _moves(before, after, "the allowed domains", {})
    if term.path == "languages.allowed":
        return _moves(before, after, "the allowed languages", LANGUAGE_NAMES)
    return (f"The {term.subject} went from {term.show(before)} to {term.show(after)}.",)


def _moves(before: tuple[str, ...], after: tuple[str, ...], where: str, names: dict[str, str]) -> tuple[str, ...]:
    def sentence(moved: tuple[str, ...], verb: str) -> tuple[str, ...]:
        words = listed(tuple(names.get(word, word) for word in moved))
        return (f"{words} {'was' if len(moved) == 1 else 'were'} {verb} {where}.",) if moved else ()

    gone = tuple(word for word in before if word not in after)
    come = tuple(word for word in after if word not in before)
    return sentence(come, "added to") + sentence(gone, "taken out of") or (f"The order of {where} changed.",)
