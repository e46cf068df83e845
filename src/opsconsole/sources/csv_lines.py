"""True line numbers in a CSV file, where cells may hold line ends: what an operator's editor shows."""

import csv
import gzip
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, cast

CHUNK = 1 << 20


def lines_at(path: Path, offsets: Iterable[int]) -> dict[int, int]:
    """Byte offset → line (from 1), in one pass over the file up to the last offset."""
    found: dict[int, int] = {}
    line, at = 1, 0
    with _opened(path) as file:
        for offset in sorted(set(offsets)):
            while at < offset and (chunk := file.read(min(CHUNK, offset - at))):
                line += chunk.count(b"\n")
                at += len(chunk)
            found[offset] = line
    return found


def lines_of_records(path: Path, numbers: Iterable[int], broken: Iterable[int]) -> dict[int, int]:
    """Number of a readable record after the header (from 1) → the line it begins on.

    `broken`: lines of records that the reader left out; blank lines are no records.
    """
    wanted, left_out = set(numbers), set(broken)
    found: dict[int, int] = {}
    if not wanted:
        return found
    last = max(wanted)
    with _opened(path) as file:
        reader = csv.reader(line.decode("utf-8", "replace") for line in file)
        next(reader, None)
        begins, number = reader.line_num + 1, 0
        for record in reader:
            if record and begins not in left_out:
                number += 1
                if number in wanted:
                    found[number] = begins
                if number >= last:
                    break
            begins = reader.line_num + 1
    return found


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix.lower() == ".gz" else path.open("rb")
