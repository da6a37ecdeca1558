"""Reading `sdx.yaml`: which tenant, and how it is worked with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdx_state.config.comments import suppressions_in
from sdx_state.config.errors import ConfigurationError
from sdx_state.config.files import Folder, ProjectFiles, read_text
from sdx_state.config.parse import build
from sdx_state.config.scope import read_scope
from sdx_state.config.settings import Api, Limits, Lint, Project, SandboxSettings, StateSettings
from sdx_state.config.sift import PROJECT_FILE, Excluded, Found
from sdx_state.config.source_text import SourceText
from sdx_state.config.times import complaints, read_freezes, read_policies
from sdx_state.config.tree import Items, Node, Table, items, table
from sdx_state.config.variables import complaints as complaints_of_variables
from sdx_state.config.variables import values_of
from sdx_state.config.verdict import verdict_of
from sdx_state.kinds.email import check_user
from sdx_state.model.alike import did_you_mean
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Source
from sdx_state.model.suppression import Suppression
from sdx_state.model.urls import UnusableUrl, base_url
from sdx_state.records import replace

if TYPE_CHECKING:
    from sdx_state.config.rules import ProjectRule

FORMAT = 1
ADDRESS_VARIABLE = "SDX_API_URL"
RULES = "rules"


def load_project(
    folder: Path, environment: str | None, environ: Mapping[str, str], files: ProjectFiles | None = None
) -> Project:
    """Read `sdx.yaml` in `folder`.

    Args:
        folder: The project's folder.
        environment: The environment to lay over it, if any.
        environ: The process environment: `SDX_API_URL` and `SDX_VAR_*` are read, nothing else.
        files: Where its files are read; in the folder, if this is None.

    Raises:
        ConfigurationError: With everything that is wrong.
    """
    diagnostics: list[Diagnostic] = []
    project, _ = read_project(folder, environment, environ, diagnostics.append, files or Folder(folder))
    if project is None or any(diagnostic.severity == "error" for diagnostic in diagnostics):
        raise ConfigurationError(diagnostics)
    return project


def read_project(
    folder: Path,
    environment: str | None,
    environ: Mapping[str, str],
    report: Callable[[Diagnostic], None],
    files: ProjectFiles,
) -> tuple[Project | None, Excluded]:
    """Read `sdx.yaml` as `load_project` does, and tell `report` what is wrong.

    Returns:
        The project, None if it cannot be used; and what it excludes, whatever else is wrong.
    """
    if not files.has(PROJECT_FILE):
        message = f"there is no {PROJECT_FILE} in {folder}: this is not a project"
        report(
            Diagnostic(
                "no-project",
                "error",
                message,
                Source(PROJECT_FILE, 1, 1),
                help="`sdx-state init` starts one; -C DIR names another folder",
            )
        )
        return None, Excluded()
    source = read_text(files, PROJECT_FILE, report)
    if source is None:
        return None, Excluded()
    diagnostics: list[Diagnostic] = []
    document = build(source, diagnostics.append)
    if not diagnostics:
        diagnostics += _refused(document, source)
    settings = table(document)
    if not diagnostics:
        diagnostics += _meaning(settings, source)
        diagnostics += _unknown_environment(settings, environment, source)
        diagnostics += complaints_of_variables(settings, source)
    variables: Mapping[str, str] = {}
    if not diagnostics:
        variables = values_of(settings, _overlay(settings, environment), environ, diagnostics.append)
    for diagnostic in diagnostics:
        report(diagnostic)
    sound = all(diagnostic.severity != "error" for diagnostic in diagnostics)
    project = _project(folder, settings, environment, environ, variables) if sound else None
    if project is not None:
        project = replace(project, suppressions=(*project.suppressions, *suppressions_in(source)))
    return project, _excluded(settings)


def found_files(files: ProjectFiles) -> Found:
    """Return the files of a project but those that its project file excludes, whatever else is wrong with that."""
    return files.find(excluded_from(files))


def excluded_from(files: ProjectFiles) -> Excluded:
    """Return what the project file of a project excludes, whatever else is wrong with that."""
    ignored: list[Diagnostic] = []
    source = read_text(files, PROJECT_FILE, ignored.append) if files.has(PROJECT_FILE) else None
    settings = build(source, ignored.append) if source is not None else None
    return _excluded(table(settings))


def _excluded(settings: Table) -> Excluded:
    globs = settings.get("exclude")
    return Excluded(tuple(glob for glob in items(globs) if isinstance(glob, str)))


def _refused(document: Table | Items | None, source: SourceText) -> list[Diagnostic]:
    version = table(document).get("sdx")
    if isinstance(version, int) and not isinstance(version, bool) and version > FORMAT:
        place = table(document).value_place("sdx")
        message = f"this project is written in format {version}; this version of sdx-state reads format {FORMAT}"
        return [source.diagnostic("newer-format", place, message, "install a newer sdx-state")]
    if document is not None and verdict_of("project")(document):
        return []
    from sdx_state.config.explain import explain

    return [
        refusal.diagnostic
        for refusal in explain("project", document if document is not None else Table((1, 1)), source)
    ]


def _layers(settings: Table) -> list[Table]:
    return [settings, *map(table, table(settings.get("environments")).values())]


def _meaning(settings: Table, source: SourceText) -> list[Diagnostic]:
    """Checks that the schema cannot express."""
    diagnostics = []
    for layer in _layers(settings):
        api = table(layer.get("api"))
        if "url" in api and "host" in api:
            diagnostics.append(
                source.diagnostic(
                    "conflicting-settings",
                    api.key_place("url"),
                    "`host` and `url` say the same thing",
                    "give one of them",
                )
            )
        diagnostics += _unusable_address(api, source)
        diagnostics += _not_users(layer, source)
        diagnostics += [source.diagnostic(*complaint) for complaint in complaints(layer)]
    return [*diagnostics, *_wrong_rules(_layers(settings), source)]


def _wrong_rules(layers: Iterable[Table], source: SourceText) -> Iterator[Diagnostic]:
    """Yield what is wrong with the rules in `layers`, which most projects do not have."""
    declaring = [layer for layer in layers if RULES in layer]
    if declaring:
        from sdx_state.config.rules import rule_diagnostics

        yield from rule_diagnostics(declaring, source)


def _rules(settings: Table, overlay: Mapping[str, Node]) -> tuple[ProjectRule, ...]:
    if RULES not in settings and RULES not in overlay:
        return ()
    from sdx_state.config.rules import read_rules

    return tuple(read_rules([table(settings.get(RULES)), table(overlay.get(RULES))]))


def _not_users(layer: Table, source: SourceText) -> list[Diagnostic]:
    """Return what no user can be named by, among `api.user` and `limits.administrators`."""
    api, administrators = table(layer.get("api")), items(table(layer.get("limits")).get("administrators"))
    named = [(str(api["user"]), api.value_place("user"))] if "user" in api else []
    named += [(str(one), place) for one, place in zip(administrators, administrators.places, strict=True)]
    complaints_ = [(check_user(text), place) for text, place in named]
    return [
        source.diagnostic(one.code, place, one.message, one.help) for one, place in complaints_ if one is not None
    ]


def _unusable_address(api: Table, source: SourceText) -> list[Diagnostic]:
    """Return why no request could be sent to the address of a layer, if it names one."""
    name = "url" if "url" in api else "host"
    if name not in api:
        return []
    host, url = (None, str(api["url"])) if name == "url" else (str(api["host"]), None)
    try:
        base_url(host, url)
    except UnusableUrl as error:
        return [source.diagnostic("invalid-url", api.value_place(name), str(error))]
    return []


def _unknown_environment(settings: Table, environment: str | None, source: SourceText) -> list[Diagnostic]:
    declared = table(settings.get("environments"))
    if environment is None or environment in declared:
        return []
    hint = did_you_mean(environment, declared) or "none is declared under `environments:`"
    message = f"there is no environment `{environment[:80]}`"
    return [source.diagnostic("unknown-environment", settings.key_place("environments"), message, hint)]


def _state(settings: Table, overlay: Mapping[str, Node]) -> StateSettings:
    """Return where the state is kept; an environment that names a store says all that it needs to know."""
    said = table(overlay.get("state", settings.get("state")))
    source = Source(PROJECT_FILE, *said.value_place("backend"))
    options = {name: str(said[name]) for name in said if name not in ("backend", "settings")}
    told = {**options, **table(said.get("settings"))}
    return StateSettings(str(said.get("backend", "local")), told, frozenset(options), source)


def _ignored(settings: Table, overlay: Mapping[str, Any]) -> Iterator[Suppression]:
    """Yield what `lint: {ignore: [...]}` suppresses; the list of an environment replaces that of the project."""
    lint = table(overlay.get("lint"))
    codes = items((lint if "ignore" in lint else table(settings.get("lint"))).get("ignore"))
    for code, place in zip(codes, codes.places, strict=True):
        yield Suppression(str(code), Source(PROJECT_FILE, *place))


def _overlay(settings: Table, environment: str | None) -> Table:
    return table(table(settings.get("environments")).get(environment) if environment is not None else None)


def _project(
    folder: Path, settings: Table, environment: str | None, environ: Mapping[str, str], variables: Mapping[str, str]
) -> Project:
    environments, overlay = table(settings.get("environments")), _overlay(settings, environment)

    def merged(section: str) -> dict[str, Any]:
        return {**table(settings.get(section)), **table(overlay.get(section))}

    def listed(section: str) -> Items:
        return items(overlay.get(section, settings.get(section)))

    api, over = merged("api"), table(overlay.get("api"))
    if "host" in over:
        api.pop("url", None)  # the environment's host, not the address of the project beneath it
    declared_host = base_url(api.get("host"), api.get("url")).authority if api.keys() & {"host", "url"} else None
    if environ.get(ADDRESS_VARIABLE):
        api["url"] = environ[ADDRESS_VARIABLE]
    tenant = overlay.get("tenant", settings.get("tenant"))
    limits, lint = merged("limits"), merged("lint")
    lint.pop("ignore", None)
    return Project(
        folder=folder,
        api=Api(**api),
        tenant=str(tenant) if tenant is not None else None,
        state=_state(settings, overlay),
        limits=Limits(**{**limits, "administrators": tuple(map(str, limits.get("administrators", ())))}),
        policies=tuple(read_policies(listed("risk"))),
        freezes=tuple(read_freezes(listed("freeze"))),
        lint=Lint(**{**lint, "placeholders": tuple(map(str, lint.get("placeholders", ())))}),
        sandbox=SandboxSettings(**merged("sandbox")),
        handoff_links={kind: str(path) for kind, path in table(merged("handoff").get("links")).items()},
        variables=variables,
        environment=environment,
        environments=tuple(environments),
        environments_place=Source(PROJECT_FILE, *settings.key_place("environments")) if environments else None,
        declared_host=declared_host,
        suppressions=tuple(_ignored(settings, overlay)),
        scope=read_scope(settings, overlay),
        rules=_rules(settings, overlay),
    )
