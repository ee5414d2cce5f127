"""The keys that request ids are signed with, per tenant, the latest first."""

import sqlite3


def read(connection: sqlite3.Connection, namespace: str) -> list[bytes]:
    """Return the keys of a tenant, the one to sign with first."""
    rows = connection.execute(
        "SELECT signing_key FROM signing_keys WHERE namespace = ? ORDER BY number DESC",
        (namespace,),
    )
    return [bytes(row[0]) for row in rows]


def put_first(connection: sqlite3.Connection, namespace: str, key: bytes) -> list[bytes]:
    """Put a key before all others, wherever it was; return all."""
    held = read(connection, namespace)
    if held[:1] != [key]:
        connection.execute(
            "DELETE FROM signing_keys WHERE namespace = ? AND signing_key = ?", (namespace, key)
        )
        connection.execute(
            "INSERT INTO signing_keys (namespace, number, signing_key) "
            "SELECT ?1, coalesce(max(number), 0) + 1, ?2 FROM signing_keys WHERE namespace = ?1",
            (namespace, key),
        )
    return read(connection, namespace)
