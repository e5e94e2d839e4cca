"""What is kept: conversations and their events in a database, artifacts by content hash in a folder."""
