"""The plan for a terminal: questions under their survey, texts word by word, what matters most easy to find."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sdx_state.kinds import KINDS, in_reading_order
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import once_for_all_uses
from sdx_state.model.plan import Action, Change, Plan, Summary
from sdx_state.report.diagnostics import diagnostic_lines
from sdx_state.report.escape import escape
from sdx_state.report.fields import field_lines, folded
from sdx_state.report.likeness import ALIKE, folded_words, is_made, likeness, top_of
from sdx_state.report.places import places_of
from sdx_state.report.remarks import remarks_of
from sdx_state.report.stored import stored_line
from sdx_state.report.theme import Theme
from sdx_state.risk.rules import USER_ADDED

NO_CHANGES = "No changes. The tenant matches the configuration."
NONE_WITHIN = "No changes within the target"
FOLDED = 10  # alike resources shown before the rest is counted
MANY = 100  # requests that are worth a word before they are sent
LONG = 10.0  # seconds of requests that are
NAMED = 5  # unmanaged resources shown of each kind

_SYMBOLS = {Action.CREATE: ("+", "add"), Action.UPDATE: ("~", "change"), Action.DELETE: ("-", "delete")}


def plan_text(plan: Plan, *, width: int, colour: bool, verbose: bool = False) -> str:
    """Return `plan` as text without a line end.

    Args:
        plan: What to show.
        width: Columns of the terminal.
        colour: Whether it takes colours.
        verbose: Show every resource, however many are alike.
    """
    return "\n".join(_PlanText(plan, width, Theme(colour), verbose).lines())


def change_text(change: Change, width: int) -> str:
    """Return one change as text, without colours and without a line end."""
    alone = Plan("", "", (change,))
    return "\n".join(_PlanText(alone, width, Theme(False), verbose=True).change(change, 0))


def summary_line(summary: Summary) -> str:
    """Return the last line of a plan that has something to do."""
    counts = [f"{summary.importing} to import"] if summary.importing else []
    counts += [f"{summary.add} to add", f"{summary.change} to change", f"{summary.destroy} to destroy"]
    counts += [f"{summary.handoff} to hand off"] if summary.handoff else []
    counts += [f"{summary.forget} to stop managing"] if summary.forget else []
    counts += [f"{summary.moved} moved"] if summary.moved else []
    return f"Plan: {', '.join(counts)}."


def stopping(plan: Plan) -> str | None:
    """Return at which limits apply would stop, None if at none; the words are computed by this program."""
    names = dict.fromkeys(one.brief or one.code for one in plan.limits)
    return f"apply stops: {', '.join(names)}" if names else None


def no_changes(plan: Plan) -> str:
    """Return the last line of a plan that has nothing to do; changes that it was narrowed by are counted."""
    if not plan.left_out:
        return NO_CHANGES
    pending = "1 other change is" if plan.left_out == 1 else f"{plan.left_out} other changes are"
    return f"{NONE_WITHIN}; {pending} pending."


def licences(plan: Plan) -> str | None:
    """Return how many users `plan` adds, where a policy does not waive it: they cost."""
    count = sum(risk.rule == USER_ADDED for change in plan.changes for risk in change.risks)
    return f"{count} user{'s' if count > 1 else ''} to add: each user needs a paid license" if count else None


def effort_line(plan: Plan) -> str | None:
    """Return what apply will send and how long it takes, None for a plan that takes little."""
    effort = plan.effort
    if effort is None or not plan.changes or (effort.requests < MANY and effort.seconds < LONG):
        return None
    return f"Apply sends about {effort.requests:,} requests, which takes about {duration(effort.seconds)}"


def duration(seconds: float) -> str:
    """Return a rounded time in words: `25 s`, `12 min`, `3 h`."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 6_000 else f"{round(seconds / 3_600)} h"


class _PlanText:
    def __init__(self, plan: Plan, width: int, theme: Theme, verbose: bool) -> None:
        self.plan, self.width, self.theme, self.verbose = plan, width, theme, verbose
        self.paint = theme.paint

    def lines(self) -> Iterator[str]:
        if (stored := stored_line(self.plan)) is not None:
            yield from (stored, "")
        children: dict[Address, list[Change]] = {}
        tops: dict[str, list[Change]] = {}
        addresses = {change.address for change in self.plan.changes}
        strays: dict[Address, None] = {}
        for change in self.plan.changes:
            parent = change.parent or change.address.parent  # also where that is not declared any more
            if parent is None:
                tops.setdefault(change.kind, []).append(change)
                continue
            children.setdefault(parent, []).append(change)
            if parent not in addresses:
                strays[parent] = None
        for kind in in_reading_order():
            changes = tops.get(kind.name, [])
            others = [parent for parent in strays if parent.kind == kind.name]
            if changes or others:
                yield self.paint("strong", kind.title)
                yield ""
                yield from self._section(changes, others, children)
        yield from self._diagnostics()
        yield from self._unmanaged()
        cost = licences(self.plan)
        if cost:
            yield cost
            yield ""
        effort = effort_line(self.plan)
        if effort:
            yield f"{effort}."
            yield ""
        if self.plan.changes:
            stop = stopping(self.plan)
            ended = f" {stop[0].upper()}{stop[1:]}." if stop else ""
            yield self.paint("strong", summary_line(self.plan.summary) + ended)
        elif self.plan.errors:
            yield self.paint("error", "The plan has errors. Nothing can be applied.")
        else:
            yield self.paint("strong", no_changes(self.plan))

    def _section(
        self, changes: Sequence[Change], others: Sequence[Address], children: dict[Address, list[Change]]
    ) -> Iterator[str]:
        alike: dict[tuple[Action, bool], int] = {}
        hidden: dict[tuple[Action, bool], int] = {}
        repeated = self._repeated(changes, others, children)
        for change in changes:
            if change.address in repeated and not repeated[change.address]:
                continue
            group = (change.action, change.importing)
            alike[group] = alike.get(group, 0) + 1
            if alike[group] > FOLDED and not self.verbose and not change.risks and change.action is not Action.DELETE:
                hidden[group] = hidden.get(group, 0) + 1
                continue
            if alike[group] > FOLDED and not self.verbose and change.action is Action.CREATE:
                hidden[group] = hidden.get(group, 0) + 1
                continue
            yield from self.change(change, 2)
            for child in children.get(change.address, ()):
                yield from self.change(child, 4)
            yield from self._repeats(change, repeated.get(change.address, ()))
            yield ""
        for survey in others:
            if survey in repeated and not repeated[survey]:
                continue
            yield f"    {self.paint('strong', escape(survey))}"
            for child in children[survey]:
                yield from self.change(child, 4)
            yield from self._repeats(children[survey][0], repeated.get(survey, ()))
            yield ""
        for (action, importing), count in hidden.items():
            what = "import" if importing and action is Action.NO_OP else action.value
            yield self.paint("faint", f"  ... and {count} more to {what}: --verbose lists them all")
            yield ""

    def _repeated(
        self, changes: Sequence[Change], others: Sequence[Address], children: dict[Address, list[Change]]
    ) -> dict[Address, list[Address]]:
        """Return the resources made of one template that change alike: the others by the first one, none by these."""
        if self.verbose:
            return {}
        tops = {change.address: [change, *children.get(change.address, ())] for change in changes}
        tops |= {top: children[top] for top in others}
        alike: dict[object, list[Address]] = {}
        for top, members in tops.items():
            if is_made(members):
                alike.setdefault(likeness(top, members), []).append(top)
        repeated: dict[Address, list[Address]] = {}
        for first, *rest in alike.values():
            if len(rest) + 1 >= ALIKE:
                repeated |= {first: rest, **{one: [] for one in rest}}
        return repeated

    def _repeats(self, first: Change, rest: Sequence[Address]) -> Iterator[str]:
        """Yield the line of the resources that change as `first` does."""
        if rest:
            named = ", ".join(escape(one) for one in rest[:NAMED])
            more = f" and {len(rest) - NAMED} more" if len(rest) > NAMED else ""
            words = folded_words(top_of(first), first.action, len(rest))
            yield self.paint("faint", f"  ... and {words}: {named}{more}")

    def change(self, change: Change, indent: int) -> Iterator[str]:
        """Yield the lines of one change, `indent` columns in."""
        margin = " " * indent
        symbol, meaning = _SYMBOLS.get(change.action, ("", "import"))
        if change.writes and change.via in ("manual", "csv"):
            symbol, meaning = "!", "handoff"
        elif change.importing and not change.writes:
            symbol = "<="
        marked = self.paint(meaning, symbol.ljust(2) + (" " if len(symbol) > 1 else ""))
        head = f"{margin}{marked}{self.paint('strong', escape(change.address))}"
        place, remarks = places_of(change.source), remarks_of(change)
        yield f"{head}{f' ({remarks})' if remarks else ''}{self.paint('faint', f'  {place}') if place else ''}"
        yield from field_lines(change, indent + 4, self.width, self.theme)
        for risk in change.risks:
            if risk.level == "low" and not self.verbose:
                continue
            told = [(risk.level, f"{risk.level}[{escape(risk.rule)}]: {escape(risk.message)}")]
            yield from folded(f"{margin}    ", told, "", self.width, self.theme)

    def _diagnostics(self) -> Iterator[str]:
        for diagnostic in once_for_all_uses(self.plan.diagnostics):
            yield from diagnostic_lines(diagnostic, self.theme)
        if self.plan.diagnostics:
            yield ""

    def _unmanaged(self) -> Iterator[str]:
        by_kind: dict[str, list[str]] = {}
        for one in self.plan.unmanaged:
            by_kind.setdefault(one.kind, []).append(one.label or one.id)
        for kind, labels in by_kind.items():
            noun = KINDS[kind].noun + ("s" if len(labels) > 1 else "")
            named = ", ".join(escape(label, 40) for label in labels[:NAMED])
            more = f" and {len(labels) - NAMED} more" if len(labels) > NAMED else ""
            yield self.paint("faint", f"Not managed, left alone: {len(labels)} {noun} ({named}{more})")
        if by_kind:
            yield ""
