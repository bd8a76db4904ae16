"""From a project's YAML, SQL and CSV to the Catalog; expressions are parsed here."""

from kpictl.catalog.document import Document, Places, read
from kpictl.catalog.expression import Aggregate, Expression, Measure
from kpictl.catalog.expressions import parse_condition, parse_formula, parse_measure
from kpictl.catalog.load import PROJECT_FILE, load
from kpictl.catalog.model import (
    Calendar,
    Catalog,
    ConnectorSettings,
    Entity,
    Environment,
    Expectation,
    Expected,
    Fiscal,
    Format,
    Kind,
    Kpi,
    KpiTest,
    Lookup,
    Model,
    OverTime,
    Project,
    Schemas,
    Source,
    TableReference,
)
from kpictl.catalog.near import near
from kpictl.catalog.order import cycle, topological
from kpictl.catalog.settings import database_url, environment, environment_variables, resolve
from kpictl.catalog.table import DELETED_AT, SYNCED_AT, VERSION, Column, ColumnType, Table, TableName
from kpictl.catalog.text import Scalar

__all__ = [
    "DELETED_AT",
    "PROJECT_FILE",
    "SYNCED_AT",
    "VERSION",
    "Aggregate",
    "Calendar",
    "Catalog",
    "Column",
    "ColumnType",
    "ConnectorSettings",
    "Document",
    "Entity",
    "Environment",
    "Expectation",
    "Expected",
    "Expression",
    "Fiscal",
    "Format",
    "Kind",
    "Kpi",
    "KpiTest",
    "Lookup",
    "Measure",
    "Model",
    "OverTime",
    "Places",
    "Project",
    "Scalar",
    "Schemas",
    "Source",
    "Table",
    "TableName",
    "TableReference",
    "cycle",
    "database_url",
    "environment",
    "environment_variables",
    "load",
    "near",
    "parse_condition",
    "parse_formula",
    "parse_measure",
    "read",
    "resolve",
    "topological",
]
