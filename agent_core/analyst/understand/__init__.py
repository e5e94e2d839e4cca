"""From a question in words to a `Query`: mentions are marked first, then rules read the marked text."""
