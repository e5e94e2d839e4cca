from agent_core.storage.database import Database
from agent_core.storage.people import People, Person


def test_the_newest_name_counts(database: Database) -> None:
    people = People(database)
    people.seen(Person("issuer|1", "Ann", "ann@example.org"))
    people.seen(Person("issuer|2"))
    people.seen(Person("issuer|1", "Anne"))
    assert people.all() == {"issuer|1": Person("issuer|1", "Anne"), "issuer|2": Person("issuer|2")}


def test_a_name_of_any_length_is_kept_short(database: Database) -> None:
    People(database).seen(Person("issuer|1", "n" * 5000, "e" * 5000))
    assert len(People(database).all()["issuer|1"].name) == 200
