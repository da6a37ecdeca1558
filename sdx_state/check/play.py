"""Player of declared conversations: runs them against a live survey and compares the results.

Every created interaction is a web interaction, which contacts no person, and has the call type `MARK`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping

from sdx_state.api.client import Client
from sdx_state.api.errors import ConflictError, SurveyDynamixError
from sdx_state.api.records import Turn
from sdx_state.check.played import Failure, Line, Played
from sdx_state.kinds import KINDS, QUESTION
from sdx_state.model.address import Address
from sdx_state.model.conversation import Check, Expectation, Step
from sdx_state.model.pattern import NoPattern
from sdx_state.model.plan import Plan
from sdx_state.model.resource import Source
from sdx_state.plan.build import Intention
from sdx_state.records import replace

MARK = "sdx-state-check"


def needed(intention: Intention) -> Intention:
    """Return the part of `intention` that locates surveys: all except phone numbers, whose look-up is paid."""
    kept = {at: one for at, one in intention.resources.items() if not KINDS[one.kind].lookup_only}
    return replace(intention, resources=kept)


def not_as_declared(plan: Plan, checks: Iterable[Check]) -> list[Address]:
    """Return the surveys of `checks` that `plan` would change, including by their questions."""
    changing = {one for change in plan.changes if change.writes for one in (change.address, change.parent)}
    return sorted({check.survey for check in checks if check.survey in changing})


class Player:
    """Plays checks one after the other.

    Args:
        client: The tenant.
        ids: Address -> live id of every declared live resource.

    Attributes:
        stop: If set, the conversation ends after the request in flight, except for the clean-up.
    """

    def __init__(self, client: Client, ids: Mapping[Address, str]) -> None:
        self.client = client
        self.ids = ids
        self.stop = False

    def play(self, check: Check, advance: Callable[[], None]) -> Played:
        """Run `check` and clean up as far as the API allows. `advance` is called for each step."""
        if self.stop:
            return Played(check, held=False)
        began = self.client.rows.machine.monotonic()
        conversation = _Conversation(check, self, advance)
        conversation.run()
        return Played(
            check,
            tuple(conversation.failures),
            tuple(conversation.transcript),
            self.client.rows.machine.monotonic() - began,
            conversation.left,
            not conversation.cut_off,
        )


class _Conversation:
    def __init__(self, check: Check, player: Player, advance: Callable[[], None]) -> None:
        self.check = check
        self.player = player
        self.interactions = player.client.interactions
        self.ids = player.ids
        self.advance = advance
        self.addresses = {id: address for address, id in self.ids.items() if address.kind == QUESTION.name}
        self.failures: list[Failure] = []
        self.transcript: list[Line] = []
        self.left: str | None = None
        self.cut_off = False
        self.waiting: int | None = None  # id of the open question

    def run(self) -> None:
        """Create an interaction, run every step, compare the recorded responses, and clean up."""
        survey = self.ids.get(self.check.survey)
        if survey is None:
            self._fail(
                "check-failed", self.check.source, f"{self.check.survey} does not exist in the tenant: apply it first"
            )
            return
        try:
            interaction = self.interactions.create(survey_id=int(survey), survey_type="web", call_type=MARK)
        except SurveyDynamixError as error:
            self._fail("check-failed", self.check.source, f"creating an interaction failed: {error}")
            if error.ambiguous:
                self.left = f"possibly an interaction that was not started ({error})"
            return
        id, started, over = interaction.id, False, False
        at = self.check.source
        try:
            for step in self.check.steps:
                at = step.source
                if over:
                    self._fail("unexpected-end", step.source, "the survey was completed before this answer")
                    break
                if self.player.stop:
                    self.cut_off = True
                    break
                turn = self._turn(id, step)
                started = True
                over = turn.survey_completed
                self.transcript += (Line("survey", prompt) for prompt in turn.prompts)
                before, self.waiting = self.waiting, turn.current_question.id if turn.current_question else None
                self.failures += self._differences(step, turn, before)
                self.advance()
                if self.failures:
                    break
            if not self.failures and not self.cut_off:
                at = self.check.source
                self._compare_recorded(id)
        except SurveyDynamixError as error:
            self._fail("check-failed", at, str(error))
        finally:
            self._clean_up(id, started, over)

    def _turn(self, id: int, step: Step) -> Turn:
        if step.answer is None:
            return self.interactions.start_survey(id)
        self.transcript.append(Line("respondent", step.answer))
        return self.interactions.submit_response(id, step.answer)

    def _differences(self, step: Step, turn: Turn, before: int | None) -> Iterator[Failure]:
        expected = step.expectation
        if expected.prompts is not None:
            yield from _prompt_differences(expected, turn.prompts)
        if expected.asks is not None and self.ids.get(expected.asks) != str(self.waiting):
            yield Failure(
                "unexpected-question",
                expected.sources["asks"],
                "the survey asked another question",
                expected.asks,
                self._asked(),
            )
        if expected.completed is not None and turn.survey_completed != expected.completed:
            found = "completed" if turn.survey_completed else "not completed"
            wanted = "completed" if expected.completed else "not completed"
            yield Failure(
                "unexpected-end", expected.sources["completed"], "the state of the survey differs", wanted, found
            )
        refused = step.answer is not None and not turn.survey_completed and self.waiting == before
        if expected.refused is not None and refused != expected.refused:
            words = {True: "rejected", False: "accepted"}
            yield Failure(
                "unexpected-rejection",
                expected.sources["refused"],
                "the answer",
                words[expected.refused],
                words[refused],
            )
        if refused and expected.refused is None and expected.asks is None:
            yield Failure("unexpected-rejection", step.source, "the answer was rejected, and the question repeated")

    def _asked(self) -> str:
        if self.waiting is None:
            return "none"
        return self.addresses.get(str(self.waiting), f"an undeclared question (id {self.waiting})")

    def _compare_recorded(self, id: int) -> None:
        if not self.check.recorded:
            return
        responses = self.player.client.responses.list(interaction_id=id)
        found = {str(one.question_id): one.response or "" for one in responses}
        for one in self.check.recorded:
            question = self.ids.get(one.question, "")
            if question not in found:
                self._fail(
                    "unexpected-response",
                    one.source,
                    f"no response to {one.question} was recorded",
                    one.response,
                    "none",
                )
            elif found[question] != one.response:
                self._fail(
                    "unexpected-response",
                    one.source,
                    f"the response to {one.question}",
                    one.response,
                    found[question],
                )

    def _clean_up(self, id: int, started: bool, over: bool) -> None:
        try:
            if not started and self._deleted(id):
                return
            if not over:
                self._abandon(id)
                if not (self.check.abandon or self.failures or self.cut_off):
                    self._fail(
                        "unexpected-end",
                        self.check.steps[-1].source,
                        "the survey expects more answers: add `abandon: true`",
                    )
            self.left = f"interaction {id} and its responses (the API does not delete started interactions)"
        except SurveyDynamixError as error:
            self.left = f"interaction {id} ({error})"

    def _deleted(self, id: int) -> bool:
        try:
            self.interactions.delete(id)
        except ConflictError:
            return False  # It has started, and the answer to the start was lost.
        return True

    def _abandon(self, id: int) -> None:
        with contextlib.suppress(ConflictError):  # It has already ended.
            self.interactions.abandon_survey(id)

    def _fail(
        self, code: str, source: Source, message: str, expected: str | None = None, found: str | None = None
    ) -> None:
        self.failures.append(Failure(code, source, message, expected, found))


def _prompt_differences(expected: Expectation, prompts: tuple[str, ...]) -> Iterator[Failure]:
    wanted = expected.prompts or ()
    for said, prompt in zip(wanted, prompts, strict=False):
        message = "the prompt does not match the pattern" if said.pattern else "the prompt differs"
        try:
            fits = said.fits(prompt)
        except NoPattern as error:
            fits, message = False, f"the pattern could not be used: {error}"
        if not fits:
            yield Failure("unexpected-prompt", said.source, message, said.text, prompt)
    if len(wanted) > len(prompts):
        missing = wanted[len(prompts)]
        yield Failure("unexpected-prompt", missing.source, "a prompt is missing", missing.text, "nothing")
    if len(prompts) > len(wanted):
        yield Failure(
            "unexpected-prompt",
            expected.sources["prompts"],
            "an unexpected prompt follows",
            "nothing",
            prompts[len(wanted)],
        )
