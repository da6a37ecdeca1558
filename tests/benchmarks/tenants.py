"""Tenants of four sizes, as what the API answers and as the YAML that says the same."""

from __future__ import annotations

from pathlib import Path

# surveys, questions in each, users
SIZES = {
    "small": (5, 8, 50),
    "medium": (100, 10, 5_000),
    "big": (1_000, 10, 50_000),
    "huge": (10_000, 10, 490_000),
}


def snapshot(size: str) -> dict[str, list[dict[str, object]]]:
    """Return the rows of a tenant of `size`."""
    surveys, questions, users = SIZES[size]
    return {
        "surveys": [
            {
                "id": s,
                "name": f"Survey {s:04d}",
                "description": f"Asked after a call to line {s}",
                "greeting_text": f"Thank you for calling line {s}. A few short questions follow.",
                "closing_text": "That was all. Thank you, and goodbye.",
                "email_subject": f"How did line {s} do?",
                "email_from_address": "care@example.com",
                "email_from_name": "Acme Care",
            }
            for s in range(1, surveys + 1)
        ],
        "questions": [
            {
                "id": s * 100 + q,
                "survey_id": s,
                "order": q,
                "question_label": f"Question {q}",
                "question_text": f"How do you rate part {q} of line {s}, from 0 to 10?",
                "question_type": "number",
                "max_response": 10,
            }
            for s in range(1, surveys + 1)
            for q in range(1, questions + 1)
        ],
        "users": [
            {
                "email": f"agent{u:05d}@example.com",
                "name": f"Agent Number {u}",
                "agent_id": f"agent{u:05d}",
                "phone": f"+61491{570000 + u:06d}"[:12],
                "timezone": "Australia/Brisbane",
            }
            for u in range(1, users + 1)
        ],
    }


def write_project(folder: Path, size: str) -> None:
    """Write the project that declares all of a tenant of `size`."""
    rows = snapshot(size)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sdx.yaml").write_text(
        "sdx: 1\napi: {host: demo.surveydynamix.com, parallelism: 8}\n", encoding="utf-8"
    )
    asked: dict[object, list[dict[str, object]]] = {}
    for question in rows["questions"]:
        asked.setdefault(question["survey_id"], []).append(question)
    for number, surveys in enumerate(parts(rows["surveys"], 2_500)):
        lines = ["surveys:"]
        for survey in surveys:
            lines.append(f"  survey-{survey['id']}:")
            lines += [f"    {name}: {value}" for name, value in survey.items() if name != "id"]
            lines.append("    questions:")
            for question in asked[survey["id"]]:
                fields = [
                    (name, value) for name, value in question.items() if name not in ("id", "survey_id", "order")
                ]
                for place, (name, value) in enumerate(fields):
                    lines.append(f"      {'-' if place == 0 else ' '} {name}: {value}")
        (folder / f"surveys-{number}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for number, users in enumerate(parts(rows["users"], 50_000)):
        lines = ["users:"]
        for user in users:
            lines.append(f"  {user['email']}:")
            for name, value in user.items():
                if name != "email":
                    lines.append(f'    {name}: "{value}"' if name == "phone" else f"    {name}: {value}")
        (folder / f"users-{number}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def parts(rows: list[dict[str, object]], size: int) -> list[list[dict[str, object]]]:
    """Return `rows` in parts of at most `size`, one file each: the size of a file is limited."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]
