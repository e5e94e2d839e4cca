"""The name that a deployment gives to what it opens elsewhere, so that it finds it again."""

import secrets

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from agent_core.storage import schema
from agent_core.storage.database import Database

_NAME = "deployment"


def deployment_id(database: Database) -> str:
    """The same for every process on this database, and for as long as it lives: 16 hexadecimal digits."""
    table = schema.deployment_values
    query = select(table.c.value).where(table.c.name == _NAME)
    with database.reading() as connection:
        if found := connection.execute(query).scalar_one_or_none():
            return str(found)
    try:
        with database.writing() as connection:
            connection.execute(insert(table), {"name": _NAME, "value": secrets.token_hex(8)})
    except IntegrityError:  # another process was quicker
        pass
    with database.reading() as connection:
        return str(connection.execute(query).scalar_one())
