"""The recipes of docs/deploy: they parse, say what kpictl has, and the roles let each do what it must and no more."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tomllib
import uuid
from collections.abc import Iterator
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from sqlalchemy import make_url
from sqlalchemy.exc import ProgrammingError
from typer.core import TyperGroup
from typer.main import get_command

from kpictl.cli.failure import BUG, INTERRUPTED
from kpictl.cli.main import command_line
from kpictl.diagnostics import CatalogError, CheckError, LockError, UsageError, WorldError
from tests.pipeline.shop import COLUMNS, ROWS, Shop
from tests.postgres import execute

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "docs/deploy"
FILES = sorted(path for path in DEPLOY.iterdir() if path.is_file())
README = (DEPLOY / "README.md").read_text()
EXIT_CODES = {error.exit_code: error for error in (CatalogError, UsageError, WorldError, LockError, CheckError)}


def _read(name: str) -> str:
    return (DEPLOY / name).read_text()


def _unit(name: str) -> ConfigParser:
    """A unit of systemd, as far as its files are INI; keys are told apart by their case."""
    parser = ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#", ";"))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(_read(name))
    return parser


def test_every_file_is_told_and_every_one_that_is_told_exists() -> None:
    told = {link for link in re.findall(r"\]\(([^)#]+)\)", README) if not link.startswith(("http", "../"))}
    assert told == {path.name for path in FILES} - {"README.md"}


@pytest.mark.parametrize("name", ["render.yaml", "github-lint.yml", "github-nightly.yml"])
def test_yaml_parses(name: str) -> None:
    assert isinstance(yaml.safe_load(_read(name)), dict)


@pytest.mark.parametrize("name", ["airflow_dag.py", "dagster_job.py"])
def test_python_compiles(name: str) -> None:
    compile(_read(name), name, "exec")


# -- the commands that they call


def _commands() -> Iterator[tuple[str, list[str]]]:
    """Every `kpictl …` of the recipes and of their page, as words, with the file that it stands in."""
    for path in FILES:
        listed = re.compile(
            r'\["(?:kpictl", ")?((?:[^"\]]+(?:", ")?)+)"\]' if path.suffix == ".py" else r"CMD \[(.+)\]"
        )
        text = listed.sub(lambda call: "kpictl " + re.sub('[",]', "", call[1]) + "\n", path.read_text())
        for line in text.splitlines():
            if path.suffix != ".md" and re.match(r"\s*(#|--|\"\"\")", line):
                continue
            for found in re.finditer(r"(?<![\w/.-])(?:/opt/kpictl/bin/)?kpictl ((?:[a-z]+)(?: [^`|>;&\n]*)?)", line):
                yield path.name, shlex.split(found[1].strip(), comments=False)


CALLED = list(_commands())


def test_there_are_commands_to_look_at() -> None:
    callers = {name for name, _ in CALLED}
    assert {
        "crontab",
        "kpictl.service",
        "Dockerfile",
        "render.yaml",
        "github-lint.yml",
        "github-nightly.yml",
    } <= callers
    assert {"airflow_dag.py", "dagster_job.py", "README.md"} <= callers


@pytest.mark.parametrize(("file", "words"), CALLED, ids=[f"{name}-{number}" for number, (name, _) in enumerate(CALLED)])
def test_commands_and_their_options_exist(file: str, words: list[str]) -> None:
    group = get_command(command_line())
    assert isinstance(group, TyperGroup)
    assert words[0] in group.commands, f"{file}: {words}"
    has = {option for each in group.commands[words[0]].params for option in each.opts}
    used = {word.partition("=")[0] for word in words[1:] if word.startswith("--")}
    assert used <= has, f"{file}: {words}"


# -- exit codes


def test_the_page_tells_every_exit_code() -> None:
    told = {int(code) for code in re.findall(r"(?m)^\| (\d+) \|", README)}
    assert told == {0, BUG, INTERRUPTED, *EXIT_CODES}


def test_what_is_tried_again() -> None:
    """A database or an API that failed, and nothing else; a lock that is held is no failure."""
    service = _unit("kpictl.service")["Service"]
    prevented = {int(code) for code in service["RestartPreventExitStatus"].split()}
    held = int(service["SuccessExitStatus"])
    assert held == LockError.exit_code
    assert prevented == ({BUG, *EXIT_CODES} - {WorldError.exit_code, LockError.exit_code})
    assert f"DONE, WORLD_FAILED, LOCKED = 0, {WorldError.exit_code}, {LockError.exit_code}\n" in _read("dagster_job.py")
    assert f"DONE, WORLD_FAILED, LOCKED = 0, {WorldError.exit_code}, {LockError.exit_code}\n" in _read("airflow_dag.py")


# -- systemd, cron, Docker, hosts


def test_the_units_are_whole() -> None:
    service, timer = _unit("kpictl.service"), _unit("kpictl.timer")
    assert service["Service"]["Type"] == "oneshot"
    assert service["Service"]["User"] not in {"", "root"}
    hardened = {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "PrivateTmp": "yes", "ProtectHome": "yes"}
    assert {key: service["Service"][key] for key in hardened} == hardened
    assert "@system-service" in service["Service"]["SystemCallFilter"]
    assert timer["Timer"]["OnCalendar"]
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """Where there is no systemd, only what the test above looks at is known."""
    program = shutil.which("systemd-analyze")
    for name in ("kpictl.service", "kpictl.timer"):
        text = _read(name).replace("/opt/kpictl/bin/kpictl", "/bin/true")
        (tmp_path / name).write_text(text)
        assert _unit(name).sections()
    if program is not None:
        paths = [tmp_path / "kpictl.service", tmp_path / "kpictl.timer"]
        done = subprocess.run([program, "verify", *paths], capture_output=True, text=True, timeout=60, check=False)
        said = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "kpictl." in line]
        assert said == []


def test_the_crontab_has_one_job_with_its_log() -> None:
    lines = [line for line in _read("crontab").splitlines() if line and not line.startswith("#")]
    *settings, job = lines
    assert all(re.fullmatch(r"[A-Z_]+=\S+", line) for line in settings)
    minute, hour, *days = job.split()[:5]
    assert (int(minute) < 60, int(hour) < 24, days) == (True, True, ["*", "*", "*"])
    assert ">>/var/log/" in job
    assert "%" not in job  # cron makes a line's end of it


def test_the_crontabs_command_keeps_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "kpictl").write_text("#!/bin/sh\necho said\nexit 5\n")
    (tmp_path / "kpictl").chmod(0o755)
    job = _read("crontab").splitlines()[-1].split(maxsplit=5)[5]
    job = job.replace("/var/log/kpictl", str(tmp_path)).replace("cd /srv/kpis", f"cd {tmp_path}")
    done = subprocess.run(
        ["/bin/sh", "-c", job], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 5
    assert done.stdout.splitlines() == ["kpictl run: exit code 5; the end of the log:", "said"]
    assert (tmp_path / "run.log").read_text() == "said\n"


def test_images_and_actions_have_a_python_that_kpictl_runs_on() -> None:
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    least = tuple(int(part) for part in requires.removeprefix(">=").split("."))
    images = re.findall(r"(?m)^FROM python:(\d+)\.(\d+)-slim", _read("Dockerfile"))
    actions = re.findall(r'python-version: "(\d+)\.(\d+)"', _read("github-lint.yml") + _read("github-nightly.yml"))
    assert len(images) == len(re.findall("(?m)^FROM ", _read("Dockerfile"))) == 2
    assert len(set(images)) == 1
    assert len(actions) == 2
    assert all((int(major), int(minor)) >= least for major, minor in images + actions)


def test_the_image_runs_as_a_user_without_rights() -> None:
    users = re.findall(r"(?m)^USER (\S+)", _read("Dockerfile"))
    assert users == ["10001"]
    ignored = _read("dockerignore").splitlines()
    assert {".env", ".git", "*.duckdb*"} <= set(ignored)


def test_pull_requests_see_no_secret() -> None:
    lint = _read("github-lint.yml")
    assert "secrets." not in lint
    assert "pull_request_target" not in lint
    for name in ("github-lint.yml", "github-nightly.yml"):
        assert yaml.safe_load(_read(name))["permissions"] == {"contents": "read"}
    assert "pull_request" not in _read("github-nightly.yml")


def test_renders_job_is_a_cron_job_without_a_secret_in_the_file() -> None:
    (job,) = yaml.safe_load(_read("render.yaml"))["services"]
    assert (job["type"], job["runtime"]) == ("cron", "docker")
    assert len(job["schedule"].split()) == 5
    assert (ROOT / job["dockerfilePath"]).exists()
    assert job["envVars"] == [{"key": "DATABASE_URL", "sync": False}]


# -- the roles


@dataclass(frozen=True, slots=True)
class Roles:
    """A database with the roles of roles.sql, under names of the test's own: roles belong to the whole server."""

    owner: str
    run: str
    read: str


@pytest.fixture
def roles(postgres_url: str) -> Iterator[Roles]:
    suffix = uuid.uuid4().hex[:8]
    runner, readers, reader = f"run_{suffix}", f"read_{suffix}", f"person_{suffix}"
    statements = _read("roles.sql").replace("kpictl_run", runner).replace("kpictl_read", readers)
    try:
        execute(postgres_url, "create schema other")
        execute(postgres_url, "create table other.secret as select 1 as a")
        execute(postgres_url, statements)
        execute(postgres_url, f"create role {reader} login in role {readers}")
        urls = []
        for name in (runner, reader):
            execute(postgres_url, f"alter role {name} password 'of-the-test'")
            url = make_url(postgres_url).set(username=name, password="of-the-test")
            urls.append(url.render_as_string(hide_password=False))
        yield Roles(postgres_url, *urls)
    finally:
        for name in (reader, runner, readers):
            if execute(postgres_url, f"select 1 from pg_roles where rolname = '{name}'"):
                execute(postgres_url, f"drop owned by {name} cascade")
                execute(postgres_url, f"drop role {name}")


def _denied(url: str, statement: str) -> bool:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner") as caught:
        execute(url, statement)
    return caught.value.orig is not None


def test_the_roles_are_enough_and_no_more(roles: Roles, tmp_path: Path) -> None:
    shop = Shop(roles.run, tmp_path)
    shop.write({"kpis/lookups/names.csv": "code,name\n1,one\n"})
    shop.load(ROWS, COLUMNS)
    shop.run("2025-05-03")
    shop.run("2025-05-04")
    # 10 + 20 + 5.5, of which the reader sees each KPI's row of the first day of May that was run.
    query = "select mtd_value from kpi.agg_kpi_dashboard where kpi_id = 1 and as_of_date = date '2025-05-03'"
    assert execute(roles.read, query)[0][0] == 35.5
    mine = [name for (name,) in execute(roles.read, "select tablename from pg_tables where schemaname = 'kpi'")]
    assert len(mine) >= 6
    for name in mine:
        execute(roles.read, f'select * from kpi."{name}" limit 1')
        assert _denied(roles.read, f'delete from kpi."{name}"')
        assert _denied(roles.read, f'drop table kpi."{name}"')
    for statement in (
        "insert into kpi.dim_kpi select * from kpi.dim_kpi",
        "create table kpi.mine (a int)",
        "create table public.mine (a int)",
        "create schema mine",
        "create temporary table mine (a int)",
        "select * from raw.orders",
        "select * from marts.fct_order",
        "select * from other.secret",
    ):
        assert _denied(roles.read, statement), statement
    for statement in (
        "select * from other.secret",
        "create table other.mine (a int)",
        "create table public.mine (a int)",
        "create schema mine",
        "create role mine",
        "create database mine",
        "select pg_read_file('/etc/hostname')",
        "copy (select 1) to program 'true'",
        "select * from pg_authid",
    ):
        assert _denied(roles.run, statement), statement
