"""Sandboxes at E2B, through the provider's own SDK."""
