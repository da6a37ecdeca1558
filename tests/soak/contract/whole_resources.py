"""Has schemathesis put whole resources into the one form field of an update, where it would make up any text."""

from __future__ import annotations

import json
from typing import Any

import schemathesis

RESOURCES: dict[str, list[dict[str, Any]]] = {
    "survey": [
        {"name": "A", "greeting_text": "Hello, %name%."},
        {"name": "A", "greeting_prompt": {"text": {"default": "Hello.", "de-default": "Hallo."}, "sound_files": {}}},
        {"name": None, "closing_prompt": None, "redirect_timeout": "10", "theme": {"colour": "green"}},
    ],
    "question": [
        {"question_text": "Well?", "question_type": "nps", "max_response": "10", "survey_id": 1, "order": 3},
        {"question_prompt": {"text": {"default": "Well?"}}, "compulsory": 1, "disabled": False, "timeout": ""},
        {"response_options": [{"label": "a", "prompt": {"text": {"default": "A"}}}], "question_type": "new"},
    ],
    "user": [{"name": "A", "phone": "+61499000001"}, {"name": None, "agent_id": "", "team": "Blue"}],
    "interaction": [
        {"survey_id": 2, "call_type": "support"},
        {"survey_id": 2, "scheduled_at": None, "responses": []},
    ],
}


@schemathesis.hook
def map_case(context: Any, case: Any) -> Any:
    """Replace the text of a right update by a resource of the same identity."""
    update = case.method == case.operation.method.upper() == "PUT"  # others are asked with PUT to be refused
    if update and case.meta.generation.mode.is_positive and isinstance(case.body, dict):
        ((field, text),) = case.body.items()
        resources = RESOURCES[field]
        resource = {**case.path_parameters, **resources[len(text) % len(resources)]}
        case.body = {field: json.dumps(resource)}
    return case
