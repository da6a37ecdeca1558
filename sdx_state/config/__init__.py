"""YAML -> what is declared: read strictly, with places, variables, a schema, and references between resources."""

from sdx_state.config.baseline import load_baseline
from sdx_state.config.configuration import Configuration, load_configuration
from sdx_state.config.errors import ConfigurationError
from sdx_state.config.files import Changed, Folder, ProjectFiles, replace_texts
from sdx_state.config.format import format_files
from sdx_state.config.git_tree import RevisionUnreadable
from sdx_state.config.project import load_project
from sdx_state.config.revision import Tracked, at_revision, tracked
from sdx_state.config.sayable import why_not
from sdx_state.config.scaffold import is_example
from sdx_state.config.schema import Description, describe, project_keys, schema_text
from sdx_state.config.settings import Api, Limits, Project, SandboxSettings, StateSettings
from sdx_state.config.sift import PROJECT_FILE
from sdx_state.config.source_text import SourceText
from sdx_state.config.write import drafts_of, write_resources
from sdx_state.model.diagnostic import Diagnostic

__all__ = [
    "PROJECT_FILE",
    "Api",
    "Changed",
    "Configuration",
    "ConfigurationError",
    "Description",
    "Diagnostic",
    "Folder",
    "Limits",
    "Project",
    "ProjectFiles",
    "RevisionUnreadable",
    "SandboxSettings",
    "SourceText",
    "StateSettings",
    "Tracked",
    "at_revision",
    "describe",
    "drafts_of",
    "format_files",
    "is_example",
    "load_baseline",
    "load_configuration",
    "load_project",
    "project_keys",
    "replace_texts",
    "schema_text",
    "tracked",
    "why_not",
    "write_resources",
]
