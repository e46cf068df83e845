"""The real kubectl: its tables as rows of named cells, and the words that it prints where we print others."""

import asyncio
import re
from pathlib import Path

Row = dict[str, str]
_HEADINGS = re.compile(r"\S+(?: \S+)*")
_PARTS = re.compile(r"(\d+)([smhdy])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "y": 365 * 86400}


async def table(kubectl: Path, kubeconfig: Path, *arguments: str) -> list[Row]:
    """The rows of one `kubectl get`, each by the headings of its table."""
    process = await asyncio.create_subprocess_exec(
        kubectl, "--kubeconfig", str(kubeconfig), "get", *arguments, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return read(output.decode())


def read(text: str) -> list[Row]:
    """Columns begin where their headings do; cells may hold single blanks."""
    first, *lines = text.splitlines()
    found = list(_HEADINGS.finditer(first))
    ends = [one.start() for one in found[1:]] + [None]
    return [
        {one[0]: line[one.start() : end].strip() for one, end in zip(found, ends, strict=True)}
        for line in lines
    ]  # fmt: skip


def passed_s(age: str) -> tuple[int, int] | None:
    """The shortest and (exclusively) the longest time that an age stands for: `5m30s`, `47h`, `<1m`, `3y100d`."""
    if age == "<1m":
        return 0, 60
    parts = _PARTS.findall(age)
    if not parts or "".join(number + unit for number, unit in parts) != age:
        return None
    least = sum(int(number) * _SECONDS[unit] for number, unit in parts)
    return least, least + _SECONDS[parts[-1][1]]


def same_age(ours: str, theirs: str, slack_s: int = 10) -> bool:
    """Whether two texts can be of one age; `slack_s` passes between the two looks."""
    our, their = passed_s(ours), passed_s(theirs)
    return our is not None and their is not None and our[0] - slack_s < their[1] and their[0] - slack_s < our[1]
