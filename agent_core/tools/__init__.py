"""The bridge between a planner and a sandbox: one tool, one table from failures to what the model reads."""
