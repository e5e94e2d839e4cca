"""From what the code printed to sentences. Every figure comes from the output; none is made up."""
