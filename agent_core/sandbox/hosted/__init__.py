"""What sandboxes elsewhere share: our part runs inside the provider's own interpreter, which a `Remote` speaks to."""
