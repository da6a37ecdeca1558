"""Errors that name the next step."""

from __future__ import annotations


class AdvisedError(Exception):
    """Base of errors with a next step.

    Attributes:
        advice: What to do next.
    """

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.advice = advice
