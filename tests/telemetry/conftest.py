from tests.session.conftest import shared

__all__ = ["shared"]
