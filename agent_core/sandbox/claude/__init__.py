"""Claude's hosted code execution, through the `anthropic` SDK: a container of Anthropic's, and the model in it."""
