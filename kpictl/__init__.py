"""kpictl: KPIs in YAML, compiled to SQL, refreshed, materialized and shown."""

__version__ = "0.1.0"
