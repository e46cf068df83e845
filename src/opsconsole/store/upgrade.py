"""Brings a file to the newest schema; the only place that imports Alembic."""

import logging
from importlib import resources

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def upgrade(connection: Connection) -> None:
    """Run what is missing on a connection inside a transaction; a second console finds nothing left to do."""
    # At first use Alembic would tell of each step on standard error, on which the screen is drawn.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    with resources.as_file(resources.files("opsconsole.store") / "migrations") as scripts:
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
