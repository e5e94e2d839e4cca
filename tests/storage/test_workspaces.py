"""Files of a working folder are kept by path, apart for each workspace."""

import pytest

from agent_core.storage.database import Database
from agent_core.storage.workspaces import KeptFile, WorkspaceStore

A, B, C = (KeptFile(letter * 64, number) for number, letter in enumerate("abc", 1))


@pytest.fixture
def workspaces(database: Database) -> WorkspaceStore:
    return WorkspaceStore(database)


def test_a_file_is_replaced_by_its_path(workspaces: WorkspaceStore) -> None:
    """Putting adds, and puts a newer file in the place of the older one."""
    workspaces.put("one", {"a.txt": A, "b/b.txt": B})
    workspaces.put("one", {"a.txt": C})
    assert workspaces.files("one") == {"a.txt": C, "b/b.txt": B}


def test_replacing_forgets_the_others(workspaces: WorkspaceStore) -> None:
    """A deleted file is gone from the workspace too."""
    workspaces.put("one", {"a.txt": A, "b.txt": B})
    workspaces.replace("one", {"b.txt": B})
    assert workspaces.files("one") == {"b.txt": B}
    workspaces.replace("one", {})
    assert workspaces.files("one") == {}


def test_workspaces_do_not_see_one_another(workspaces: WorkspaceStore) -> None:
    """Each has its own files; references are those of all."""
    workspaces.put("one", {"a.txt": A})
    workspaces.put("two", {"a.txt": B})
    assert workspaces.files("one") == {"a.txt": A}
    assert workspaces.references() == {A.sha256, B.sha256}
