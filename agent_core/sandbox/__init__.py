"""The runtimes that hold the blast radius. Each provider is a file or a folder, and knows no other."""
