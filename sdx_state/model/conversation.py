"""A conversation that a survey must be able to hold, as YAML describes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sdx_state.model.address import Address
from sdx_state.model.pattern import is_found
from sdx_state.model.resource import Source
from sdx_state.model.texts import normalise_text


@dataclass(frozen=True)
class Said:
    """What a prompt must be: a text to the letter, or a pattern found in it.

    Attributes:
        text: The text, or the pattern.
        pattern: Which of the two it is.
        source: Where it stands.
    """

    text: str
    pattern: bool
    source: Source

    def fits(self, prompt: str) -> bool:
        """Tell whether `prompt` is what is meant; line ends and composed letters are compared as in a plan.

        Raises:
            NoPattern, PatternsMissing: It is a pattern, and cannot be looked for.
        """
        text, found = str(normalise_text(self.text)), str(normalise_text(prompt))
        return is_found(text, found) if self.pattern else found == text


@dataclass(frozen=True)
class Expectation:
    """What is expected at one point; what is None is not looked at.

    Attributes:
        prompts: Everything that is said.
        asks: Address of the question that waits for an answer.
        refused: Whether the answer is refused, and the same question asked again.
        completed: Whether the survey is over.
        sources: Where each of these stands, by name.
    """

    prompts: tuple[Said, ...] | None = None
    asks: Address | None = None
    refused: bool | None = None
    completed: bool | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One turn: an answer, or None for the beginning, and what is expected of it."""

    answer: str | None
    expectation: Expectation
    source: Source


@dataclass(frozen=True)
class Recorded:
    """A response that must be there in the end."""

    question: Address
    response: str
    source: Source


@dataclass(frozen=True)
class Check:
    """One conversation.

    Attributes:
        key: Its name.
        survey: Address of the survey.
        steps: The beginning, then the answers.
        abandon: Whether it is ended before it is completed.
        recorded: The responses that must be there in the end.
        source: Where it is declared.
    """

    key: str
    survey: Address
    steps: tuple[Step, ...]
    abandon: bool
    recorded: tuple[Recorded, ...]
    source: Source

    @property
    def patterns(self) -> Iterator[Said]:
        """The prompts that are patterns, in their order."""
        return (said for step in self.steps for said in step.expectation.prompts or () if said.pattern)
