"""Sandboxes at Daytona, through the provider's own SDK."""
