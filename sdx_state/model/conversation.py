"""Declared conversations: the checks of a survey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from sdx_state.model.address import Address
from sdx_state.model.pattern import is_found
from sdx_state.model.resource import Source
from sdx_state.model.texts import normalise_text
from sdx_state.records import dataclass


@dataclass(frozen=True)
class Said:
    """The expected prompt: an exact text, or a pattern in it.

    Attributes:
        text: The text, or the pattern.
        pattern: True for a pattern.
        source: Place in YAML.
    """

    text: str
    pattern: bool
    source: Source

    def fits(self, prompt: str) -> bool:
        """Return True if `prompt` is as expected; line ends and composed letters are compared as in a plan.

        Raises:
            NoPattern, PatternsMissing: The pattern cannot be used.
        """
        text, found = str(normalise_text(self.text)), str(normalise_text(prompt))
        return is_found(text, found) if self.pattern else found == text


@dataclass(frozen=True)
class Expectation:
    """The expectations at one step; None is not compared.

    Attributes:
        prompts: All prompts.
        asks: Address of the open question.
        refused: True if the answer is rejected and the question is repeated.
        completed: True if the survey is completed.
        sources: Place of each of these, by name.
    """

    prompts: tuple[Said, ...] | None = None
    asks: Address | None = None
    refused: bool | None = None
    completed: bool | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One step: an answer, or None for the beginning, with its expectations."""

    answer: str | None
    expectation: Expectation
    source: Source


@dataclass(frozen=True)
class Recorded:
    """A response that must be recorded at the end."""

    question: Address
    response: str
    source: Source


@dataclass(frozen=True)
class Check:
    """One declared conversation.

    Attributes:
        key: Its name.
        survey: Address of the survey.
        steps: The beginning, then the answers.
        abandon: True if it is abandoned before completion.
        recorded: The responses that must be recorded at the end.
        source: Place of the declaration.
    """

    key: str
    survey: Address
    steps: tuple[Step, ...]
    abandon: bool
    recorded: tuple[Recorded, ...]
    source: Source

    @property
    def patterns(self) -> Iterator[Said]:
        """The expected prompts that are patterns, in order."""
        return (said for step in self.steps for said in step.expectation.prompts or () if said.pattern)
