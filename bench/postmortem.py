"""How much of a postmortem the record fills in by itself, for the demo's slow release as people work on it."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from opsconsole.config.policies import builtin
from opsconsole.config.settings import Documents, Profile
from opsconsole.documents import postmortem as document
from opsconsole.documents.facts import facts
from opsconsole.store.store import Store
from tests.documents import story

from .report import Figure

GOAL = 80.0
RUNBOOK = (
    "date", "duration", "severity", "detected", "started", "cause", "fixed", "restored", "users", "revenue", "sla",
)  # fmt: skip
"""The factual fields of the runbook's template (004_da2f52e198c72628.txt:243 to 260)."""
DECLARED_ONLY = ("declared", "alert_fired", "alert_resolved", "deploy", "scale", "action", "status_changed")
"""Kinds of entries that are there when nobody noted or marked anything."""


def postmortem(_: object) -> list[Figure]:
    """Figures of the story with all that people noted, and without."""
    return asyncio.run(_figures())


async def _figures() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        noted = await _shares(Path(folder) / "noted", lambda kind: True)
        silent = await _shares(Path(folder) / "silent", lambda kind: kind in DECLARED_ONLY)
    of_all, of_runbook, took_s, written = noted
    return [
        Figure(
            "postmortem: facts filled by the record", of_all, "%", note=f"goal at least {GOAL:g} %; {written.words}"
        ),
        Figure("postmortem: of the runbook's eleven fields", of_runbook, "%", note=f"goal at least {GOAL:g} %"),
        Figure("postmortem: facts when nobody noted or marked anything", silent[0], "%", note=silent[3].words),
        Figure("postmortem: written the second time in", took_s * 1000, "ms"),
    ]


async def _shares(folder: Path, keep: Callable[[str], bool]) -> tuple[float, float, float, document.Written]:
    """(% of all facts, % of the runbook's fields, seconds of the second writing, what was written)."""
    store = Store.open(folder / "store.db")
    policy, documents = builtin("default"), Documents(folder=str(folder))
    try:
        await store.add_incident(story.incident(), [entry for entry in story.timeline() if keep(entry.kind)])
        for line in story.journal():
            await store.journal(line)
        known = facts(await document.gathered("INC-1", store, policy=policy))
        for _ in range(2):
            began = time.perf_counter()
            written = await document.write(
                "INC-1", store, documents=documents, profile=Profile(), policy=policy, profile_name="demo"
            )
            took_s = time.perf_counter() - began
    finally:
        await store.close()
    runbook = [fact.filled for fact in known if fact.id in RUNBOOK]
    return 100 * written.filled / written.facts, 100 * sum(runbook) / len(RUNBOOK), took_s, written
