"""The keyless provider: a worker of ours in bubblewrap, on this machine."""
