"""Checks the OpenSLO files that a profile names."""

from ..config.openslo import read_files
from ..config.settings import SloFiles
from ..text.units import plural
from .check import Check, Verdict


def files(settings: SloFiles) -> list[Check]:
    """One line for all that is right, one for each mistake."""
    book = read_files(settings.files)
    said = f"{plural(len(book.slos), 'objective')} in {', '.join(settings.files)}"
    remedy = "correct the file; opsconsole config validate checks it"
    wrong = [Check("slo", Verdict.DEGRADED, str(problem), remedy) for problem in book.problems]
    return [Check("slo", Verdict.FINE, said), *wrong] if book.slos else wrong
