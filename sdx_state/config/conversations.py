"""The section `checks` -> conversations, with what they name looked up."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sdx_state.config.across import Reporter
from sdx_state.config.references import References
from sdx_state.config.resources import Document
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import Items, Node, Place, Table, items, table
from sdx_state.kinds import QUESTION, SURVEY
from sdx_state.model.address import Address
from sdx_state.model.alike import closest
from sdx_state.model.conversation import Check, Expectation, Recorded, Said, Step
from sdx_state.model.pattern import NoPattern, PatternsMissing, check_pattern
from sdx_state.model.resource import Source
from sdx_state.model.texts import normalise_text

SECTION = "checks"
_SYNTAX = "patterns are those of RE2: https://github.com/google/re2/wiki/Syntax"


def read_checks(
    documents: Collection[Document],
    references: References,
    declared: Collection[Address],
    complete: bool,
    reporter: Reporter,
) -> list[Check]:
    """Return the conversations in `documents`; what they name and nothing declares is reported.

    Args:
        documents: The resource files.
        references: What their texts may refer to.
        declared: All addresses that are declared.
        complete: Whether every file could be read; if not, what is not declared may be in one of the others.
        reporter: Where diagnostics go.
    """
    found: list[Check] = []
    first: dict[str, Source] = {}
    for document in documents:
        section = table(document.root.get(SECTION))
        for key, body in section.items():
            source = Source(document.source.name, *section.key_place(key))
            other = first.setdefault(key, source)
            if other is not source:
                reporter.at(
                    "duplicate-key",
                    source,
                    f"the check `{key}` is declared at {other} already",
                    "give one of them another key",
                )
            elif isinstance(body, Table) and (SECTION, key) not in document.broken:
                reader = _Reader(document.source, references, declared, complete, reporter)
                found.append(reader.check(key, body, source))
    return found


class _Reader:
    """Reads the checks of one file."""

    def __init__(
        self,
        source: SourceText,
        references: References,
        declared: Collection[Address],
        complete: bool,
        reporter: Reporter,
    ) -> None:
        self.name = source.name
        self.references = references
        self.declared = declared
        self.complete = complete
        self.reporter = reporter

    def check(self, key: str, body: Table, source: Source) -> Check:
        survey = Address(SURVEY.name, str(body["survey"]))
        self._require(survey, self._at(body.value_place("survey")))
        steps = [Step(None, self._expectation(body.get("expect"), survey), source)]
        answers = items(body.get("answers"))
        for answer, place in zip(answers, answers.places, strict=True):
            step = table(answer)
            text = self._text(step["answer"], step.value_place("answer"))
            steps.append(Step(text, self._expectation(step.get("expect"), survey), self._at(place)))
        recorded = tuple(self._recorded(table(body.get("responses")), survey))
        return Check(key, survey, tuple(steps), bool(body.get("abandon", False)), recorded, source)

    def _expectation(self, node: Node, survey: Address) -> Expectation:
        body = table(node)
        asks = None
        if "asks" in body:
            asks = self._question(survey, str(body["asks"]), self._at(body.value_place("asks")))
        prompts = body.get("prompts")
        return Expectation(
            tuple(self._said(prompts)) if isinstance(prompts, Items) else None,
            asks,
            _flag(body, "refused"),
            _flag(body, "completed"),
            {name: self._at(body.value_place(name)) for name in body},
        )

    def _said(self, prompts: Items) -> Iterator[Said]:
        for prompt, begins in zip(prompts, prompts.places, strict=True):
            if isinstance(prompt, Table):
                place = prompt.value_place("matches")
                said = Said(self._text(prompt["matches"], place), True, self._at(place))
                self._check_pattern(said)
                yield said
            else:
                yield Said(self._text(prompt, begins), False, self._at(begins))

    def _check_pattern(self, said: Said) -> None:
        try:
            check_pattern(str(normalise_text(said.text)))
        except NoPattern as error:
            self.reporter.at("invalid-pattern", said.source, f"this pattern cannot be used: {error}", _SYNTAX)
        except PatternsMissing:
            return  # `validate` says so, and `check` does not begin

    def _recorded(self, body: Table, survey: Address) -> Iterator[Recorded]:
        for key, value in body.items():
            source = self._at(body.key_place(key))
            yield Recorded(self._question(survey, key, source), self._text(value, body.value_place(key)), source)

    def _question(self, survey: Address, key: str, source: Source) -> Address:
        address = Address(QUESTION.name, key, survey)
        if survey in self.declared:
            self._require(address, source)
        return address

    def _require(self, address: Address, source: Source) -> None:
        if self.complete and address not in self.declared:
            near = [one for one in self.declared if one.kind == address.kind]
            self.reporter.at("unresolved-reference", source, f"{address} is not declared", closest(address, near))

    def _text(self, value: Node, place: Place) -> str:
        expanded = self.references.expand("" if value is None else str(value))
        for bad in expanded.bad:
            self.reporter.at(bad.code, self._at(place), bad.message, bad.help)
        return expanded.text

    def _at(self, place: Place) -> Source:
        return Source(self.name, *place)


def _flag(body: Table, name: str) -> bool | None:
    value = body.get(name)
    return value if isinstance(value, bool) else None
