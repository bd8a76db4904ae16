"""What a stranger's files cannot do: SQL that is more than it says, YAML that explodes, secrets that get out."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlglot import TokenType, tokenize

from kpictl.catalog import Catalog, load, parse_condition, parse_formula, parse_measure
from kpictl.catalog.sqlmodel import read
from kpictl.catalog.text import FileText, Scalar
from kpictl.cli.main import outcome
from kpictl.diagnostics import Diagnostic
from tests.pipeline.shop import COLUMNS, KPICTL, ROWS, Shop

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "kpictl").rglob("*.py"))

SECONDS_MAX = 5.0
"""How long any single file may keep lint busy; they take a tenth of a second."""

# -- SQL that is more than it says

MODELS = r"""
copy t to '/tmp/x'
copy (select 1) to program 'id'
copy t from program 'id'
select a into b from t
with x as (delete from t returning *) select * from x
with x as (update t set a = 1 returning *) select * from x
with x as (insert into t values (1) returning *) select * from x
with x as (merge into t using u on t.a = u.a when matched then delete) select 1 as a
select pg_read_file('/etc/passwd') as a
select pg_catalog.pg_read_file('/etc/passwd') as a
select "pg_read_file"('/etc/passwd') as a
select pg_read_binary_file('/etc/passwd') as a
select * from pg_ls_dir('/') as a
select * from rows from (pg_ls_dir('/')) as a
select x.a from t, lateral pg_ls_dir('/') as x(a)
select * from read_csv('/etc/passwd')
select * from read_text('/etc/passwd')
select * from read_parquet('s3://bucket/x')
select * from glob('/*')
select * from '/etc/passwd'
select * from "/etc/passwd"
select * from "https://example.com/x.csv"
select * from postgres_query('x', 'drop table y')
select * from sqlite_scan('x', 'y')
select lo_import('/etc/passwd') as a
select lo_export(1, '/tmp/x') as a
select * from dblink('host=example.com', 'select 1') as t(a int)
select dblink_exec('host=example.com', 'select 1') as a
select http_get('http://example.com') as a
select content from http('x')
select net.http_get('http://example.com') as a
select set_config('a', 'b', false) as a
select current_setting('a') as a
select pg_sleep(1000) as a
select nextval('s') as a
select setval('s', 1) as a
attach 'x' as y
pragma database_list
install httpfs
load httpfs
set memory_limit = '1GB'
select getenv('HOME') as a
select getvariable('a') as a
select a from t for update
select a from t for share skip locked
select * from (select a from t for update) as x
select pg_terminate_backend(1) as a
select pg_advisory_lock(1) as a
select pg_reload_conf() as a
select pg_notify('a', 'b') as a
select query_to_xml('delete from t', true, true, '') as a
select * from ts_stat('select 1')
select * from query('drop table t')
select * from query_table('t')
select version() as a
select current_user as a
select inet_server_addr() as a
select a from pg_catalog.pg_authid
select a from "PG_CATALOG".pg_authid
select a from information_schema.tables
select * from duckdb_secrets()
select cast(a as regclass) as b from t
select a operator(pg_catalog.+) b as c from t
select * replace (pg_read_file('x') as a) from t
select array(select pg_read_file('x')) as a
select sum(a) filter (where pg_read_file('x') = '') as a from t
select sum(a) over w as a from t window w as (order by pg_read_file('x'))
select a from t order by pg_read_file('x')
select a from t limit (select length(pg_read_file('x')))
select distinct on (pg_read_file('x')) a from t
select a from (values (pg_read_file('x'))) as v(a)
with x as not materialized (select pg_read_file('x') as a) select a from x
select a from generate_series(1, length(pg_read_file('x'))) as g(a)
select a -> pg_read_file('x') as b from t
select a from t union select pg_read_file('x')
select list_transform([1], x -> getenv(x)) as a
select $1 as a
select @@version as a
select a from t; drop table t
table pg_authid
explain analyze select 1
do $$ begin end $$
call x()
grant all on t to public
create table x as select 1
alter system set x = 1
listen x
vacuum
""".strip().splitlines()
"""Each is refused as a model, in the words of both databases."""

EXPRESSIONS = r"""
pg_read_file('/etc/passwd') = ''
pg_catalog.pg_read_file('/etc/passwd') = ''
read_csv('/etc/passwd')
lo_import('/etc/passwd')
dblink('host=example.com', 'select 1')
http_get('http://example.com')
set_config('a', 'b', false)
current_setting('a')
pg_sleep(1000)
nextval('s')
getenv('HOME')
generate_series(1, 1000000000)
unnest(a)
query_to_xml('delete from t', true, true, '')
(select 1)
a in (select 1)
exists (select 1)
(delete from t)
select a into b
1; drop table t
a for update
copy t to 'x'
attach 'x'
pragma database_list
install httpfs
cast(a as regclass)
cast(a as "int; drop table t")
extract("year from a) or (1" from a)
a::"x; drop table t"
a::decimal("1) or (1", 2)
"a"" or 1=1 --"
a operator(pg_catalog.=) 1
current_user
version()
$1
:name
@@version
{{ env }}
a collate "x; drop"
date_trunc('x; drop', a)
random()
now()
""".strip().splitlines()
"""Each is refused as a condition, as a formula, and within a measure."""

RAW_TEXTS = r"""
select extract("@" from a) as b from t
select extract('@' from a) as b from t
select date_part('@', a) as b from t
select date_trunc('@', a) as b from t
select date_trunc("@", a) as b from t
select interval '1' "@" as b
select interval '1 @' as b
select a + interval '@' day as b from t
select cast(a as "@") as b from t
select a::"@" as b from t
select "@" '1' as b
select a::decimal("@", 2) as b from t
select a::varchar("@") as b from t
select a::timestamp("@") as b from t
select cast(a as struct("@" int)) as b from t
select cast(a as enum('@')) as b from t
select cast(a as varchar collate "@") as b from t
select to_char(a, '@') as b from t
select strftime(a, '@') as b from t
select strptime(a, '@') as b from t
select to_timestamp(a, '@') as b from t
select a -> '@' as b from t
select a ->> '$."@"' as b from t
select a at time zone '@' as b from t
select sum(a) over (rows between "@" preceding and current row) as b from t
select sum(a) over (order by a range between '@' preceding and current row) as b from t
select string_agg(a, '@') as b from t
select regexp_replace(a, '@', '@') as b from t
select split_part(a, '@', 1) as b from t
select trim("@" from a) as b from t
select "@"(a) as b from t
select jsonb_typeof("@") as b from t
select a as "@" from t
select "@"."a" from t as "@"
select e.a from t, unnest(t.a) with ordinality as e(a, "@")
with "@" as (select 1 as a) select a from "@"
select a from t limit "@"
select {'@': 1} as a
select '@' as a
select a like '@' as b from t
select 'x\' as a, '@' as b
select date '@' as a
select a from t where a = any("@")
select count(*) filter (where "@" = '@') as a from t
""".strip().splitlines()
"""Places where SQL may have a text or a name in quotes; some are refused, in the others it stays within quotes."""

POISONS = (
    "x); drop table t; --",
    "x''); drop table t; --",
    "x\\''; drop table t; --",
    'x""); drop table t; --',
    "*/; drop t",
)


def _model(folder: Path, text: str, dialect: str) -> tuple[object, tuple[Diagnostic, ...]]:
    path = folder / "m.sql"
    path.write_text(f"-- dialect: {dialect}\n{text}\n")
    return read(path, "marts")


def _scalar(text: str) -> Scalar:
    file = FileText.of(Path("kpis/a.yml"), text)
    return Scalar(text, file.span(0, len(text)), file, range(len(text)))


@pytest.mark.parametrize("dialect", ["postgres", "duckdb"])
def test_a_model_only_reads_tables(tmp_path: Path, dialect: str) -> None:
    through = [text for text in MODELS if _model(tmp_path, text, dialect)[0] is not None]
    assert through == []
    assert len(MODELS) > 80


def test_an_expression_only_computes() -> None:
    through = []
    for text in EXPRESSIONS:
        through += [text for parse in (parse_condition, parse_formula) if parse(_scalar(text))[0] is not None]
        through += [text for made in (f"sum({text})", text) if parse_measure(_scalar(made))[0] is not None]
    assert through == []
    assert len(EXPRESSIONS) > 40


def _outside_of_quotes(sql: str, dialect: str) -> list[str]:
    """The words of a statement that are neither texts nor names in quotes."""
    quoted = (TokenType.STRING, TokenType.IDENTIFIER)
    return [token.text for token in tokenize(sql, read=dialect) if token.token_type not in quoted]


@pytest.mark.parametrize("poison", POISONS)
def test_what_stands_in_quotes_stays_in_quotes(tmp_path: Path, poison: str) -> None:
    """No text and no name gets out of its quotes, whatever engine's words a model is written in and run in."""
    accepted = 0
    for template in RAW_TEXTS:
        for dialect in ("postgres", "duckdb"):
            catalog = _project_with(tmp_path, f"-- dialect: {dialect}\n{template.replace('@', poison)}\n")
            for model in () if catalog is None else catalog.models:
                accepted += 1
                for engine in ("postgres", "duckdb"):
                    written = model.tree.sql(dialect=engine, identify=True)
                    outside = " ".join(_outside_of_quotes(written, engine)).lower()
                    assert "drop" not in outside, (template, written)
                    assert ";" not in outside, (template, written)
    assert accepted >= 20


def _project_with(folder: Path, model: str) -> Catalog | None:
    (folder / "kpis/models").mkdir(parents=True, exist_ok=True)
    (folder / "kpictl.yml").write_text("name: shop\n")
    (folder / "kpis/models/m.sql").write_text(model)
    catalog, found = load(folder)
    return None if found else catalog


HOSTILE = "x'); drop table raw.canary; -- \"); drop table raw.canary; /* %s %(a)s {a} $1 ${HOME} :a ? \\"
"""One text that would end a literal, a name or a comment, or be taken for a placeholder."""


def test_names_and_values_of_a_project_are_data(engine_url: str, tmp_path: Path) -> None:
    """Everything that a project may call as it likes is called so that SQL would break; it arrives as it is."""
    text = '"' + HOSTILE.replace("\\", "\\\\").replace('"', '\\"') + '"'
    quoted = HOSTILE.replace("'", "''")
    shop = Shop(engine_url, tmp_path)
    shop.write(
        {
            "kpictl.yml": KPICTL,
            "kpis/kpis.yml": f"""\
formats:
  - {{code: number, kind: number, decimals: 2, unit: {text}}}
entities:
  - {{id: 1, code: {text}, name: {text}, aliases: [{text[:-1]} alias"]}}
sources:
  - code: orders
    relation: marts.fct_order
    time: ordered_on
    entity: store
    where: {_yaml(f"coalesce(store, 'x') <> '{quoted}z'")}
    expect: [{{that: {_yaml(f"store = '{quoted}'")}, severity: warn, message: {text}}}]
kpis:
  - {{id: 1, code: revenue, name: {text}, description: {text}, category: {text}, owner: {text}, tags: [{text}],
     format: number, source: orders, measure: sum(amount)}}
""",
            "kpis/lookups/stores.csv": "order_id,store\n1," + '"' + HOSTILE.replace('"', '""') + '"\n',
            "kpis/models/fct_order.sql": (
                f"-- {HOSTILE}\nselect o.order_id, o.ordered_on, o.amount, s.store, '{quoted}' as said,"
                f' o.amount as "{HOSTILE.replace(chr(34), chr(34) * 2)}"'
                " from raw.orders as o join stores as s on s.order_id = o.order_id\n"
            ),
        }
    )
    shop.load(ROWS, COLUMNS)
    shop.load([(1,)], "id:bigint", "canary")
    shop.run("2025-05-03")
    published = shop.published()
    (kpi,) = published["dim_kpi"]
    assert (kpi["kpi_name"], kpi["description"], kpi["category"], kpi["owner"]) == (HOSTILE,) * 4
    (entity,) = [row for row in published["dim_entity"] if row["entity_id"] == 1]
    assert (entity["entity_code"], entity["entity_name"]) == (HOSTILE, HOSTILE)
    # Of the three orders the lookup knows the first alone, of 10, and gives it to the hostile store.
    mtd = {row["entity_id"]: row["mtd_value"] for row in published["agg_kpi_dashboard"]}
    assert mtd[1] == 10
    assert shop.held("raw")["canary"] == [{"id": 1}]


def _yaml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# -- files that explode


def _bomb(word: str) -> str:
    lines = [f"{word}: &a0 [{','.join('x' * 9)}]"]
    lines += [f"b{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(lines) + "\n"


KPI = "sources: [{code: s, relation: raw.t, time: d}]\nkpis:\n  - {code: q, source: s, "

EXPLOSIVE: Mapping[str, tuple[str, str, str]] = {
    "aliases": ("kpis/a.yml", _bomb("kpis"), "KPI006"),
    "aliases in kpictl.yml": ("kpictl.yml", _bomb("name"), "KPI006"),
    "an alias in itself": ("kpis/a.yml", "kpis: &a [*a]\n", "KPI006"),
    "brackets": ("kpis/a.yml", f"kpis: {'[' * 10_000}{']' * 10_000}\n", "KPI011"),
    "open brackets": ("kpis/a.yml", f"kpis: {'[' * 10_000}", "KPI011"),
    "braces": ("kpis/a.yml", f"kpis: {'{a: ' * 10_000}1{'}' * 10_000}\n", "KPI011"),
    "dashes": ("kpis/a.yml", f"{'- ' * 10_000}a\n", "KPI011"),
    "keys of keys": ("kpis/a.yml", f"{'? ' * 10_000}a\n", "KPI011"),
    "brackets in kpictl.yml": ("kpictl.yml", f"name: {'[' * 10_000}", "KPI011"),
    "a long sum": ("kpis/a.yml", KPI + f"measure: 'sum({'+'.join(['x'] * 1_990)})'}}\n", "KPI305"),
    "a long and": ("kpis/a.yml", KPI + f"measure: count(*), where: '{' and '.join(['x'] * 1_990)}'}}\n", "KPI305"),
    "a long is": ("kpis/a.yml", KPI + f"measure: count(*), where: 'x {'is null ' * 1_300}'}}\n", "KPI305"),
    "parentheses": ("kpis/a.yml", KPI + f"measure: 'sum({'(' * 1_900}x{')' * 1_900})'}}\n", "KPI305"),
    "a model's sum": ("kpis/models/m.sql", f"select {'+'.join(['a'] * 15_000)} as b from t\n", "KPI305"),
    "a model's casts": ("kpis/models/m.sql", f"select a{'::int' * 15_000} as b from t\n", "KPI305"),
    "a model's arrows": ("kpis/models/m.sql", "select a " + "-> 'b' " * 15_000 + "as c from t\n", "KPI305"),
    "a model's dots": ("kpis/models/m.sql", f"select {'.'.join(['a'] * 15_000)} as b from t\n", "KPI305"),
    "a cell": ("kpis/lookups/l.csv", f"a,b\n{'x' * 500_000},1\n", "KPI044"),
}


@pytest.mark.parametrize("name", EXPLOSIVE)
def test_files_that_explode_are_refused_at_once(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, text, code = EXPLOSIVE[name]
    (tmp_path / "kpictl.yml").write_text("name: shop\n")
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    began = time.monotonic()
    assert outcome(["lint", str(tmp_path), "--format", "concise"]) == 1
    assert time.monotonic() - began < SECONDS_MAX
    assert f"error[{code}]" in capsys.readouterr().out


def test_what_is_long_and_not_deep_is_fine() -> None:
    """A sum of two hundred columns is no attack."""
    assert parse_measure(_scalar(f"sum({' + '.join(['x'] * 200)})"))[1] == ()
    assert parse_condition(_scalar(f"x in ({', '.join(['1'] * 1_500)})"))[1] == ()
    assert parse_condition(_scalar(f"case {'when a then b ' * 700}end"))[1] == ()


# -- what kpictl itself may call

FORBIDDEN_CALLS = {"eval", "exec", "__import__", "breakpoint"}
FORBIDDEN_IMPORTS = {"pickle", "marshal", "shelve", "dill", "code", "codeop", "runpy", "jinja2", "ctypes", "pty"}
FORBIDDEN_ATTRIBUTES = {
    ("yaml", "load"), ("yaml", "load_all"), ("yaml", "unsafe_load"), ("yaml", "full_load"), ("os", "system"),
    ("os", "popen"), ("importlib", "import_module"), ("subprocess", "getoutput"),
}  # fmt: skip
LOADER = "kpictl/connect/load.py"
"""The one place that runs Python which kpictl does not bring: `connectors/NAME.py` of the project, and the entry points
of installed packages. It is called for `kpictl run`, `kpictl sync` and `kpictl test`, and `--no-plugins` closes it."""


def _calls(kind: Callable[[ast.AST], bool]) -> Iterator[str]:
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text())):
            if kind(node):
                yield module.relative_to(ROOT).as_posix()


def _is_forbidden(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name in FORBIDDEN_CALLS
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return (owner, name) in FORBIDDEN_ATTRIBUTES
        case ast.Import(names=names):
            return any(each.name.partition(".")[0] in FORBIDDEN_IMPORTS for each in names)
        case ast.ImportFrom(module=name):
            return (name or "").partition(".")[0] in FORBIDDEN_IMPORTS
        case ast.Call(func=ast.Attribute(value=ast.Name(id="subprocess")), keywords=given):
            return any(each.arg == "shell" for each in given)
        case _:
            return False


def _loads_code(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr="exec_module" | "load_module" | "spec_from_file_location"):
            return True
        case ast.ImportFrom(module="importlib.metadata", names=names):
            return any(each.name == "entry_points" for each in names)
        case _:
            return False


COMPLETION = "kpictl/cli/completion.py"
"""What the shell offers on a Tab is read by PyYAML's safe loader: importing the catalog would take too long."""


def test_kpictl_evaluates_no_text() -> None:
    assert list(_calls(_is_forbidden)) == [COMPLETION]
    (line,) = [line for line in (ROOT / COMPLETION).read_text().splitlines() if "yaml.load" in line]
    assert "Loader=loader" in line
    assert 'loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)' in (ROOT / COMPLETION).read_text()


def test_one_module_loads_plugins() -> None:
    assert set(_calls(_loads_code)) == {LOADER}


@pytest.mark.parametrize(
    "code",
    [
        "eval(x)", "exec(x)", "import pickle", "from pickle import loads", "yaml.load(x)", "os.system(x)",
        "subprocess.run(x, shell=True)", "importlib.import_module(x)",
    ],
)  # fmt: skip
def test_the_walk_would_see_it(code: str) -> None:
    assert any(_is_forbidden(node) for node in ast.walk(ast.parse(code)))


# -- secrets

SECRET = "zq7-s3cret-pw"
URLS = (
    f"postgresql://reader:{SECRET}@127.0.0.1:1/shop",
    f"postgres://reader:{SECRET}@127.0.0.1:1/shop",
    f"postgresql://reader@127.0.0.1:1/shop?password={SECRET}",
    f"postgresql://reader:{SECRET}@127.0.0.1:1/shop?no_such_option={SECRET}",
    f"postgresql://reader:{SECRET}/x@127.0.0.1:1/shop",
    f"postgresql://reader:{SECRET}@127.0.0.1:port/shop",
    f"postgresql://reader:{SECRET}@[::1/shop",
    f"postgresql://reader:{SECRET}@127.0.0.1:99999999/shop",
    f"mysql://reader:{SECRET}@127.0.0.1/shop",
    SECRET,
)
"""URLs of a server that is not there, and some that are none."""


@pytest.mark.parametrize("url", URLS)
def test_no_message_has_the_databases_password(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    (tmp_path / "kpis").mkdir()
    (tmp_path / "kpictl.yml").write_text(
        'name: shop\nenvironments: {prod: {url: "${DATABASE_URL}"}}\nenvironment: prod\n'
        "connectors: {till: {type: files, folder: ., streams: {sale: {path: a.csv, key: id}}}}\n"
    )
    for arguments in (["run"], ["run", "--no-sync"], ["sync"], ["show"], ["lint", "--env", "prod"]):
        assert outcome([*arguments, "--project", str(tmp_path)]) == 3, arguments
        said = "".join(capsys.readouterr())
        assert said
        assert SECRET not in said


def test_a_wrong_password_is_not_told(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A server that is there, and does not know the user."""
    url = make_url(postgres_url).set(username="nobody_here", password=SECRET)
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    (tmp_path / "kpictl.yml").write_text('name: shop\nenvironments: {prod: {url: "${DATABASE_URL}"}}\n')
    (tmp_path / "kpis").mkdir()
    assert outcome(["run", "--env", "prod", "--project", str(tmp_path)]) == 3
    said = "".join(capsys.readouterr())
    assert "nobody_here" in said
    assert SECRET not in said


def test_no_message_has_what_the_environment_says_to_a_connector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The token stands where a number, a kind and an address are expected too: nothing repeats it."""
    monkeypatch.setenv("TOKEN", SECRET)
    rest = "type: rest, streams: {a: {path: /a, key: id, columns: {id: text}}}"
    auth = 'auth: {kind: bearer, token: "${TOKEN}"}'
    for settings in (
        f'base_url: "${{TOKEN}}", {auth}, {rest}',
        f'base_url: "http://127.0.0.1:1", timeout_seconds: "${{TOKEN}}", {auth}, {rest}',
        f'base_url: "http://127.0.0.1:1", auth: {{kind: "${{TOKEN}}"}}, {rest}',
        f'base_url: "http://127.0.0.1:1", "no_such": "${{TOKEN}}", {auth}, {rest}',
        'type: sql, url: "${TOKEN}", streams: {a: {relation: a, key: id}}',
        'type: "${TOKEN}"',
    ):
        (tmp_path / "kpictl.yml").write_text(f"name: shop\nconnectors: {{api: {{{settings}}}}}\n")
        (tmp_path / "kpis").mkdir(exist_ok=True)
        for command in ("sync", "run", "lint"):
            code = outcome([command, "--project", str(tmp_path)])
            assert code in ({0} if command == "lint" else {1, 3}), settings
            said = "".join(capsys.readouterr())
            assert SECRET not in said, settings
