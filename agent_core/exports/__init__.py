"""A conversation taken away: pure functions from its events, and the bytes that they name, to files."""
