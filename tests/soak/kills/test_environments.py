"""50 environments of one project, applied at once from 8 processes: each has a complete state of its own."""

from __future__ import annotations

import pytest

from tests.soak.kills import environments

pytestmark = pytest.mark.timeout(1800)


def objects_of(found):
    """Return the content of every object in the store that the environments share."""
    store = environments.opened(found.folder, found.names[0], found.environ)._place.store(sandbox=False).store
    return {key: store.get(key).content for key in store.list("")}


@pytest.mark.parametrize("backend", environments.BACKENDS)
def test_fifty_environments_are_applied_at_once_and_each_state_is_complete(backend):
    with environments.fifty(backend) as found:
        assert found.faults == []
        assert found.runs == 2 * environments.ENVIRONMENTS
        if backend == "http":  # each environment has an address, and no store is shared
            return
        before = objects_of(found)
        assert {key.partition("/")[0] for key in before} == {f"state.{name}" for name in found.names}
        (found.folder / "a.yaml").write_text(environments.RESOURCES.replace("Why ${", "For what reason, ${"))
        project = environments.opened(found.folder, "e07", found.environ)
        assert len(project.apply(project.plan().approve()).of("done")) == 1
        after = objects_of(found)
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert changed
        assert {key.partition("/")[0] for key in changed} == {"state.e07"}


def test_one_state_for_all_environments_is_detected():
    with environments.fifty("postgres", sabotage=True, count=4) as found:
        assert found.faults
