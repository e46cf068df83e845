"""SENTINEL MASTERS as values."""

from typing import Any

from ..model.redis import SentinelMaster
from ..text.clean import clean


def sentinel_master(answer: Any) -> SentinelMaster:
    """One watched primary: a map with RESP3, a flat list of names and values with RESP2."""
    pairs = answer.items() if isinstance(answer, dict) else zip(answer[::2], answer[1::2], strict=False)
    told = {_text(name): _text(value) for name, value in pairs}
    others = _whole(told.get("num-other-sentinels"))
    return SentinelMaster(
        name=told.get("name", ""),
        address=f"{told.get('ip', '?')}:{told.get('port', '?')}",
        flags=tuple(told.get("flags", "").split(",")),
        quorum=_whole(told.get("quorum")),
        replicas=_whole(told.get("num-slaves")),
        sentinels=None if others is None else others + 1,
        epoch=_whole(told.get("config-epoch")),
    )


def _text(value: Any) -> str:
    return clean(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value), 200)


def _whole(word: str | None) -> int | None:
    return int(word) if word is not None and word.isdigit() else None
