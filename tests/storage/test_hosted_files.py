from agent_core.storage.hosted_files import HostedFile, HostedFiles


def test_files_are_noted_once_and_forgotten(database) -> None:
    kept = HostedFiles(database)
    kept.note("file_1", "claude-a", "host/1/2.0")
    kept.note("file_1", "claude-b", "host/1/2.0")
    kept.note("file_2", "claude-a", "host/1/2.0")
    assert kept.all() == (
        HostedFile("file_1", "claude-a", "host/1/2.0"),
        HostedFile("file_2", "claude-a", "host/1/2.0"),
    )
    kept.forget("file_1")
    kept.forget("file_1")
    assert [one.file for one in kept.all()] == ["file_2"]
