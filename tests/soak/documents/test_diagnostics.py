"""The examples of the guides to diagnostics that take commands: each provokes what it explains."""

from __future__ import annotations

import subprocess

import pytest

from sdx_state.config.codes import Rule, rules

EXAMPLES = [rule for rule in rules().values() if any(block.language == "console" for block in rule.blocks)]


@pytest.mark.parametrize("rule", EXAMPLES, ids=lambda rule: rule.code)
def test_the_example_provokes_its_diagnostic(project, rule: Rule, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(project.folder)
    said = ""
    for block in rule.blocks:
        if block.file:
            project.write(block.file, block.text)
            continue
        for line in block.text.splitlines():
            program, *arguments = line.removeprefix("$ ").split()
            if program == "git":
                subprocess.run([program, *arguments], cwd=project.folder, check=True, capture_output=True)
                continue
            assert program == "sdx-state"
            ended = project.run(*arguments)
            said = ended.out + ended.err
    assert f"[{rule.code}]" in said, said


def test_there_are_examples_with_commands():
    assert len(EXAMPLES) >= 25
