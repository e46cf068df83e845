"""The typed error of every source."""

from ..model.reading import Problem, ProblemKind


class SourceError(Exception):
    """A source could not be read; `problem` says why and what to do, fit for the screen."""

    def __init__(
        self, kind: ProblemKind, sentence: str, remedy: str = "", *, retry_after_s: float | None = None
    ) -> None:
        super().__init__(sentence)
        self.problem = Problem(kind, sentence, remedy)
        self.retry_after_s = retry_after_s
        self.status: int | None = None
        """The HTTP status of a server that answered; None where there was no answer, or it is not known."""
        self.said = ""
        """The server's own words, clean; "" where it said nothing."""
