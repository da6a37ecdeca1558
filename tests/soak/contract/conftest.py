"""The fixtures of the contract's own tests."""

from tests.contract.conftest import contract, document, filled

__all__ = ["contract", "document", "filled"]
