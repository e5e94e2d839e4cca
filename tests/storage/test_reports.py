from agent_core.storage.database import Database
from agent_core.storage.reports import ReportRow, ReportRows


def row(name: str, account: str = "", mark: str = "f") -> ReportRow:
    return ReportRow(name, account, mark, f"about {name}")


def test_each_account_has_its_own_and_what_one_process_keeps_another_reads(database: Database, url: str) -> None:
    rows = ReportRows(database)
    for one in (row("1"), row("2", mark="g"), row("3", "ada"), row("3", "ada")):
        rows.put(one, most=10)
    other = Database.open(url)
    again = ReportRows(other)
    assert again.ids({""}) == ("2", "1")
    assert again.ids({"", "ada"}) == ("3", "2", "1")
    assert again.ids({""}, "f") == ("1",)
    assert again.body("3") == "about 3"
    other.close()


def test_the_oldest_of_an_account_go(database: Database) -> None:
    rows = ReportRows(database)
    for name in ("5", "1", "2", "3"):
        rows.put(row(name), most=2)
    rows.put(row("0", "ada"), most=2)
    assert rows.ids({"", "ada"}) == ("5", "3", "0")
    assert rows.body("1") is None
