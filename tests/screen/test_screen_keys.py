"""Keys in the panel: a masked field that is emptied as it is sent, a check, and forgetting."""

from datetime import UTC, datetime
from decimal import Decimal

from agent_core.session.hello import Hello
from agent_core.session.keys import KeyCheck
from tests.screen.conftest import as_read

SECRET = "dtn_typed_by_hand"


def said(elements):
    return as_read(" ".join(one.value for one in elements))


def enter(page, text=SECRET, plan="3"):
    page.text_input(key="panel-daytona-key-text-0").set_value(text)
    page.selectbox(key="panel-daytona-key-plan").set_value(plan)
    return page.button(key="panel-daytona-key-use").click().run()


def test_a_key_is_masked_handed_over_and_not_kept_by_the_page(page, scripted):
    field = page.text_input(key="panel-daytona-key-text-0")
    assert field.proto.type == field.proto.Type.PASSWORD
    enter(page)
    assert scripted.keys.entered == {("local", "daytona"): (SECRET, "3")}
    assert not page.exception
    assert SECRET not in str(page.main) + repr(page.session_state._state._state)
    assert "Daytona" in page.selectbox(key="panel-provider").options
    assert "Your key is in use since" in said(page.markdown)
    assert "Tier 3" in said(page.markdown)


def test_what_is_no_key_is_said_without_it(page, scripted):
    enter(page, "two words")
    assert said(page.warning) == "That is no key."
    assert scripted.keys.entered == {}


def test_a_check_is_followed_and_its_end_told(page, scripted):
    enter(page)
    page.button(key="panel-daytona-key-check").click().run()
    assert "Opening a sandbox" in said(page.caption)
    scripted.keys.found = KeyCheck(datetime.now(UTC), False, Hello("1", 1.5, Decimal("0.000042"), "daytona"))
    page.run()
    assert "printed 1 and closed after 1.5 s" in said(page.success)
    assert "0.000042 at Daytona's rates" in said(page.success)
    scripted.keys.found = KeyCheck(datetime.now(UTC), False, None, "Daytona refused the key.")
    page.run()
    assert "refused the key" in said(page.warning)


def test_a_key_is_forgotten(page, scripted):
    enter(page)
    page.button(key="panel-daytona-key-forget").click().run()
    assert scripted.keys.entered == {}
    assert "Daytona" not in page.selectbox(key="panel-provider").options
