"""The configuration of a project, checked by the lints of installed packages too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sdx_state.app.extensions import Extensions, extensions
from sdx_state.check.offline import offline_diagnostics
from sdx_state.config.configuration import Configuration, load_configuration
from sdx_state.config.errors import ConfigurationError
from sdx_state.config.files import ProjectFiles
from sdx_state.config.settings import StateSettings
from sdx_state.model.diagnostic import Diagnostic, Severity, in_order, once_for_all_uses
from sdx_state.model.suppression import Suppression, unsuppressed
from sdx_state.plan.build import Intention
from sdx_state.records import replace
from sdx_state.state.backend import LOCAL
from sdx_state.state.stores import LINEAGE, STORES

NO_RULES: Mapping[str, Severity] = {}


def load_declared(
    folder: Path, environment: str | None, environ: Mapping[str, str], files: ProjectFiles | None = None
) -> Configuration:
    """Read the project in `folder` as `load_configuration` does, let every lint judge it, and suppress warnings.

    Raises:
        ConfigurationError: With all errors of all files; those of lints and suppressions come once the files have
            none.
    """
    configuration = load_configuration(folder, environment, environ, files)
    known = extensions(folder)
    added = (
        *_without_backend(configuration, known),
        *_broken_rules(configuration),
        *known.linted(configuration),
    )
    warnings = in_order((*configuration.warnings, *added)) if added else configuration.warnings
    lints = offline_diagnostics(configuration)
    suppressions = configuration.suppressions
    if suppressions:
        packages = bool(known.of("lints") or known.of("rules"))
        own = {rule.name: rule.severity for rule in configuration.project.rules}
        judged = tuple(judge_suppressions(suppressions, (*warnings, *lints), own, packages=packages))
        warnings = in_order((*unsuppressed(warnings, suppressions), *judged))
        lints = list(unsuppressed(lints, suppressions))
    if any(one.severity == "error" for one in warnings):
        raise ConfigurationError(warnings)
    return replace(configuration, warnings=warnings, lints=tuple(once_for_all_uses(lints)))


def _broken_rules(configuration: Configuration) -> list[Diagnostic]:
    """Return every violation of the rules of the project, which most projects do not have."""
    if not configuration.project.rules:
        return []
    from sdx_state.check.rules import rule_violations

    return list(once_for_all_uses(rule_violations(configuration)))


def intention_of(configuration: Configuration) -> Intention:
    """Return what `configuration` asks for."""
    return Intention(
        configuration.resources,
        configuration.moved,
        configuration.removed,
        configuration.diagnostics,
        configuration.suppressions,
    )


def judge_suppressions(
    suppressions: Iterable[Suppression],
    found: Iterable[Diagnostic],
    own: Mapping[str, Severity] = NO_RULES,
    *,
    packages: bool,
) -> Iterator[Diagnostic]:
    """Yield what is wrong with `suppressions`: unknown codes, errors, and those that suppress nothing.

    A code that is found only with a tenant may be about what is not found today, and is not called unused.

    Args:
        suppressions: As they are declared.
        found: Everything that was found in the files.
        own: The severities of the rules of the project, by name.
        packages: Whether installed packages may have codes of their own.
    """
    from sdx_state.config.codes import nearest_code, rules

    everything = list(found)
    for one in suppressions:
        rule = rules().get(one.code)
        covers = any(one.covers(other) for other in everything)
        if not one.code:
            help = "write `# sdx: ignore[CODE]`"
            yield Diagnostic("unknown-code", "error", "a suppression names no code", one.source, help=help)
        elif own.get(one.code) == "error":
            message = f"`{one.code}` cannot be suppressed: this rule of the project has the severity error"
            help = "remove it, and correct what it is about, or give the rule the severity warning"
            yield Diagnostic("not-suppressible", "error", message, one.source, help=help)
        elif rule is None and one.code not in own and not covers and not packages:
            near = nearest_code(one.code, own)
            help = f"did you mean `{near}`?" if near else "`sdx-state explain codes` lists them"
            message = f"there is no code `{one.code[:80]}`"
            yield Diagnostic("unknown-code", "error", message, one.source, help=help)
        elif rule is not None and not rule.suppressible:
            message = f"`{one.code}` cannot be suppressed: {_REASONS.get(rule.kind, _REASONS['warning'])}"
            help = "remove it, and correct what it is about"
            yield Diagnostic("not-suppressible", "error", message, one.source, help=help)
        elif ((rule is not None and rule.offline) or one.code in own) and not covers:
            message = f"nothing is suppressed here: there is no `{one.code}`" + (" on this line" if one.line else "")
            yield Diagnostic("unused-suppression", "warning", message, one.source, help="remove it")


_REASONS = {
    "error": "it is an error",
    "risk": "a risk is accepted under `risk:` in sdx.yaml",
    "warning": "its command has a way of its own to accept it",
}


def _without_backend(configuration: Configuration, known: Extensions) -> tuple[Diagnostic, ...]:
    """Return an error where the state is to be kept by something that is not installed, or cannot be found."""
    state = configuration.project.state
    if state.backend in STORES or state.backend == LOCAL:
        return tuple(_wrong_options(state))
    names = [LOCAL, *(one.name for one in known.of("state_backends"))]
    if state.backend in names:
        return tuple(_options_of_others(state))
    missing = known.missing("state_backends", state.backend, (LOCAL, *STORES))
    return (Diagnostic("unknown-backend", "error", str(missing), state.source, help=missing.advice),)


def _wrong_options(state: StateSettings) -> Iterator[Diagnostic]:
    """Yield an error for each option of a store that is missing, or is one of another store."""
    kind = STORES.get(state.backend)
    needs, takes = (kind.needs, kind.takes) if kind is not None else ((), ())
    known = {*needs, *takes, LINEAGE}
    for name in needs:
        if name not in state.settings:
            message = f"the state backend `{state.backend}` needs `{name}`"
            yield Diagnostic("state-option", "error", message, state.source, help=f"add `{name}:` to `state`")
    for name in state.settings:
        if name not in known:
            message = f"the state backend `{state.backend}` has no option `{name}`"
            listed = ", ".join(f"`{one}`" for one in sorted(known))
            yield Diagnostic("state-option", "error", message, state.source, help=f"its options: {listed}")


def _options_of_others(state: StateSettings) -> Iterator[Diagnostic]:
    """Yield an error for each option that the store of a package would not receive: it has `settings:` alone."""
    for name in sorted(state.options):
        message = f"the state backend `{state.backend}` is of a package, and has no option `{name}`"
        help = f"remove it, or write `settings: {{{name}: ...}}` if that package reads it"
        yield Diagnostic("state-option", "error", message, state.source, help=help)
