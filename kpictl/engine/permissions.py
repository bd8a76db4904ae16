"""What a run must be allowed to do in a database, and the statement that allows each thing that it is not."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from kpictl.catalog import TableName


@dataclass(frozen=True, slots=True)
class Needs:
    """The schemas that a run makes tables in, the tables that it reads, and those that it keeps once it made them.

    `registry` is the table that is there once a run has been: before that, nothing in the schemas is kpictl's.
    """

    schemas: tuple[str, ...]
    reads: tuple[TableName, ...]
    keeps: tuple[TableName, ...]
    registry: TableName


@dataclass(frozen=True, slots=True)
class Lacking:
    """Something that the connection's role must not do: what, and the SQL that allows it.

    What `hides` something lets a table that is there look as if it were not.
    """

    what: str
    grant: str
    hides: bool


# One question for everything, as a run asks it each time. `format` quotes names where they need it, and
# `has_…_privilege` follows roles that are inherited: https://www.postgresql.org/docs/current/functions-info.html
# Whoever may read one column may name the table; rules say which columns are not there for the role.
_LACKING = """
WITH role AS (
  SELECT current_user AS role, current_database() AS base
), schema AS (
  SELECT asked.name, found.oid, asked.makes
  FROM unnest(%(schemas)s::text[], %(makes)s::boolean[]) AS asked (name, makes)
  LEFT JOIN pg_namespace AS found ON found.nspname = asked.name
), relation AS (
  SELECT format('%%I.%%I', asked.schema, asked.name) AS name, found.oid, found.relowner, asked.is_kept
  FROM unnest(%(relation_schemas)s::text[], %(relations)s::text[], %(kept)s::boolean[]) AS asked (schema, name, is_kept)
  JOIN pg_namespace AS place ON place.nspname = asked.schema
  JOIN pg_class AS found ON found.relnamespace = place.oid AND found.relname = asked.name
  WHERE found.relkind IN ('r', 'p', 'v', 'm', 'f')
)
SELECT 1, 'make temporary tables', format('GRANT TEMPORARY ON DATABASE %%I TO %%I', base, role)
FROM role
WHERE NOT has_database_privilege(current_database(), 'TEMPORARY')
UNION ALL
SELECT 2, 'make the ' || CASE WHEN count(*) = 1 THEN 'schema ' ELSE 'schemas ' END
  || string_agg(schema.name, ', ' ORDER BY schema.name), format('GRANT CREATE ON DATABASE %%I TO %%I', base, role)
FROM schema CROSS JOIN role
WHERE makes AND oid IS NULL AND NOT has_database_privilege(current_database(), 'CREATE')
GROUP BY base, role
UNION ALL
SELECT 3, 'make tables in the schema ' || name, format('GRANT USAGE, CREATE ON SCHEMA %%I TO %%I', name, role)
FROM schema CROSS JOIN role
WHERE makes AND NOT (has_schema_privilege(oid, 'USAGE') AND has_schema_privilege(oid, 'CREATE'))
UNION ALL
SELECT 4, 'use the schema ' || name, format('GRANT USAGE ON SCHEMA %%I TO %%I', name, role)
FROM schema CROSS JOIN role
WHERE NOT makes AND NOT has_schema_privilege(oid, 'USAGE')
UNION ALL
SELECT 5, 'read ' || name, format('GRANT SELECT ON %%s TO %%I', name, role)
FROM relation CROSS JOIN role
WHERE NOT is_kept AND NOT has_table_privilege(oid, 'SELECT') AND NOT has_any_column_privilege(oid, 'SELECT')
UNION ALL
SELECT 6, 'keep what belongs to ' || pg_get_userbyid(relowner) || ': ' || string_agg(name, ', ' ORDER BY name),
  string_agg(format('ALTER TABLE %%s OWNER TO %%I', name, role), '; ' ORDER BY name)
FROM relation CROSS JOIN role
WHERE is_kept AND NOT pg_has_role(relowner, 'USAGE') AND EXISTS (
  SELECT FROM pg_class JOIN pg_namespace AS place ON place.oid = relnamespace
  WHERE nspname = %(registry_schema)s AND relname = %(registry)s
)
GROUP BY relowner
ORDER BY 1, 2
"""

_OF_READING = frozenset({4, 5})


def lacking(connection: Connection, needs: Needs) -> tuple[Lacking, ...]:
    """What PostgreSQL does not allow the connection's role."""
    others = sorted({name.schema for name in needs.reads if name.schema is not None} - set(needs.schemas))
    relations = [(name, name in needs.keeps) for name in dict.fromkeys((*needs.reads, *needs.keeps))]
    rows = connection.exec_driver_sql(
        _LACKING,
        {
            "schemas": [*needs.schemas, *others],
            "makes": [*(True for _ in needs.schemas), *(False for _ in others)],
            "relation_schemas": [name.schema for name, _ in relations],
            "relations": [name.name for name, _ in relations],
            "kept": [is_kept for _, is_kept in relations],
            "registry_schema": needs.registry.schema,
            "registry": needs.registry.name,
        },
    )
    return tuple(Lacking(str(what), str(grant), hides=kind in _OF_READING) for kind, what, grant in rows)
