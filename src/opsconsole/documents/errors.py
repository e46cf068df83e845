"""The typed error of documents: a template or a file that cannot be used."""

from ..model.reading import ProblemKind
from ..sources.errors import SourceError


class DocumentError(SourceError):
    """A document could not be written; the file that was there is unharmed."""

    def __init__(self, sentence: str, remedy: str = "", kind: ProblemKind = ProblemKind.REFUSED) -> None:
        super().__init__(kind, sentence, remedy)
