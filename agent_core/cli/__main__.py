"""`python -m agent_core.cli`, where the `ringfence` command is not on the path."""

from agent_core.cli import main

main()
