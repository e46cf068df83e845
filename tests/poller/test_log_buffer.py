"""Lines of many streams in one order, bounded, with what is lost counted."""

from opsconsole.model.logs import LogLine
from opsconsole.poller.log_buffer import BURST, MOST_LINES, LogBuffer
from opsconsole.rules.log_lines import level_of


def line(second: float, text: str = "x", source: int = 0) -> LogLine:
    stamp = f"2026-03-26T02:44:{second:012.9f}Z".encode()
    return LogLine(stamp, text.encode(), source, level_of(text.encode()), stamp)


def texts(lines: list[LogLine]) -> list[str]:
    return [one.text.decode() for one in lines]


def test_streams_are_merged_in_the_order_of_their_times() -> None:
    buffer = LogBuffer()
    buffer.take([line(1, "a1"), line(3, "a3")])
    assert buffer.flush() == []  # another stream may still bring something earlier
    buffer.take([line(2, "b2", 1), line(4, "b4", 1)])
    assert texts(buffer.flush()) == ["a1", "b2", "a3"]
    assert texts(buffer.flush()) == ["b4"]
    buffer.take([line(2.5, "late", 2)])
    buffer.flush()
    buffer.flush()
    assert texts(buffer.lines) == ["a1", "b2", "late", "a3", "b4"]


def test_the_oldest_go_and_are_counted() -> None:
    buffer = LogBuffer()
    buffer.take([line(1, f"ERROR {number}") for number in range(MOST_LINES + 7)])
    buffer.flush(everything=True)
    assert (len(buffer.lines), buffer.dropped, buffer.errors) == (MOST_LINES, 7, MOST_LINES + 7)
    assert texts(buffer.lines[:1]) == ["ERROR 7"]


def test_long_lines_count_by_their_bytes() -> None:
    buffer = LogBuffer()
    buffer.take([line(number / 1000, "y" * 8192) for number in range(5000)])
    buffer.flush(everything=True)
    assert buffer.bytes <= 32 * 2**20
    assert buffer.dropped == 5000 - len(buffer.lines) > 0


def test_more_than_can_be_taken_at_once_is_not_taken() -> None:
    now = [0.0]
    buffer = LogBuffer(lambda: now[0])
    buffer.take([line(1)] * BURST)
    assert not buffer.may_take()
    buffer.spare(500)
    assert (buffer.dropped, buffer.read) == (500, 500)
    now[0] = 1.0
    assert buffer.may_take()
