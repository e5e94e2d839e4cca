"""What is spent is told by a whole deployment."""

from tests.session.conftest import deployment, home

__all__ = ["deployment", "home"]
