"""The two API servers that the contract of actions holds for, and the whole of acting on either of them."""

from tests.demo.kubernetes.conftest import shared, target

__all__ = ["shared", "target"]
