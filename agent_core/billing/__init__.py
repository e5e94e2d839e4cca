"""What is metered: sandbox seconds and model tokens, at dated and sourced rates."""
