-- Two roles with no more rights than they need, for PostgreSQL 14 and later. Run it as the database's owner or as a
-- superuser, in the database that has the KPIs: psql -v ON_ERROR_STOP=1 -d shop -f roles.sql
-- The schemas are those of `schemas` in kpictl.yml: raw, marts and kpi unless it says otherwise.

-- Nobody gets anything without being named.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
DO $$ BEGIN EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()); END $$;

-- kpictl_run: what `kpictl run` and `kpictl sync` connect as. It owns the three schemas, with kpictl's own tables
-- (kpictl_*), and makes temporary tables; it cannot make schemas, databases or roles.
CREATE ROLE kpictl_run LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
-- A password is set where no log sees it: \password kpictl_run
DO $$ BEGIN EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO kpictl_run', current_database()); END $$;
CREATE SCHEMA IF NOT EXISTS raw;
CREATE SCHEMA IF NOT EXISTS marts;
CREATE SCHEMA IF NOT EXISTS kpi;
GRANT USAGE, CREATE ON SCHEMA raw, marts, kpi TO kpictl_run;
-- A statement of a run that gets out of hand ends; no statement needs so long.
ALTER ROLE kpictl_run SET statement_timeout = '30min';
ALTER ROLE kpictl_run SET idle_in_transaction_session_timeout = '30min';
-- Tables of other schemas that models or sources read, one by one:
-- GRANT USAGE ON SCHEMA shop TO kpictl_run;
-- GRANT SELECT ON shop.orders TO kpictl_run;

-- kpictl_read: a group for people, dashboards and `kpictl show`. It reads the published tables, and nothing else.
CREATE ROLE kpictl_read NOLOGIN;
DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO kpictl_read', current_database()); END $$;
GRANT USAGE ON SCHEMA kpi TO kpictl_read;
GRANT SELECT ON ALL TABLES IN SCHEMA kpi TO kpictl_read;
ALTER DEFAULT PRIVILEGES FOR ROLE kpictl_run IN SCHEMA kpi GRANT SELECT ON TABLES TO kpictl_read;
-- CREATE ROLE dashboard LOGIN IN ROLE kpictl_read;
