"""Reads a secret's reference for a source, off the event loop; what fails becomes the source's typed error."""

import asyncio

from ..config.secrets import SecretError, resolve
from ..config.settings import Secret
from ..model.reading import ProblemKind
from .errors import SourceError
from .executor import DaemonExecutor

_readers = DaemonExecutor("secret", 2)


async def reveal(secret: Secret) -> str:
    """The secret itself; raises SourceError (misconfigured) with the reference and what to do."""
    try:
        return await asyncio.get_running_loop().run_in_executor(_readers, resolve, secret)
    except SecretError as error:
        raise SourceError(ProblemKind.MISCONFIGURED, error.sentence, error.remedy) from None
