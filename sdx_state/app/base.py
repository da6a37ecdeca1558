"""The configuration at another revision of the repository: the base by which changes are attributed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sdx_state.app.declared import intention_of
from sdx_state.config.configuration import load_configuration
from sdx_state.config.errors import ConfigurationError
from sdx_state.config.git_tree import RevisionUnreadable
from sdx_state.config.project import load_project
from sdx_state.config.revision import at_revision
from sdx_state.config.sift import PROJECT_FILE
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.plan.build import Intention
from sdx_state.records import dataclass


@dataclass(frozen=True)
class Before:
    """The configuration at a revision.

    Attributes:
        intention: What the configuration there asks for; None if it cannot be read.
        diagnostics: Why it cannot.
    """

    intention: Intention | None
    diagnostics: tuple[Diagnostic, ...] = ()


def declared_at(revision: str, folder: Path, environment: str | None, environ: Mapping[str, str]) -> Before:
    """Return what was declared at `revision` of the repository that `folder` lies in.

    A project, or an environment, that did not exist there declared nothing. A configuration that was wrong there is
    no error here: this branch may be what mends it.

    Raises:
        RevisionUnreadable: `folder` is in no repository, or there is no such revision of it, or its tree is unsafe.
    """
    with at_revision(folder, revision) as files:
        if not files.has(PROJECT_FILE):
            return Before(Intention({}))
        try:
            known = load_project(folder, None, environ, files).environments
            if environment is not None and environment not in known:
                return Before(Intention({}))
            return Before(intention_of(load_configuration(folder, environment, environ, files)))
        except RevisionUnreadable:
            raise
        except ConfigurationError as error:
            first = error.diagnostics[0]
            more = f", and {len(error.diagnostics) - 1} more" if len(error.diagnostics) > 1 else ""
            message = f"cannot attribute changes: the configuration at {revision} has an error: {first}{more}"
            return Before(None, (Diagnostic("base-not-compared", "warning", message),))
