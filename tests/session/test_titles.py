"""A conversation is called by what is in it: its first file, then its first question."""

from tests.session.conftest import ask, file, settle


def title(deployment, conversation) -> str:
    return next(one.title for one in deployment.conversations(conversation.owner) if one.id == conversation.id)


def test_a_conversation_that_only_holds_files_is_called_by_the_first(shared, conversation) -> None:
    conversation.upload([file("birds.csv", b"a,b\n1,2\n"), file("trees.csv", b"a,b\n1,2\n")])
    settle(conversation)
    conversation.upload([file("rivers.csv", b"a,b\n1,2\n")])
    settle(conversation)
    assert title(shared, conversation) == "birds.csv"


def test_its_first_question_gives_it_another_name_and_later_files_do_not(shared, conversation) -> None:
    conversation.upload([file("birds.csv", b"a,b\n1,2\n")])
    settle(conversation)
    ask(conversation, "How many rows are there?")
    conversation.upload([file("trees.csv", b"a,b\n1,2\n")])
    settle(conversation)
    assert title(shared, conversation) == "How many rows are there?"
