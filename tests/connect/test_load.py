"""Plugins are found by name; whatever is wrong with them is said in a line, without a secret."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kpictl.connect import describe_connector, load_connector, plugins_of, tables_with_defaults
from kpictl.diagnostics import WorldError

ROOT = Path(__file__).parents[2]
KEY = "sup3r-s3cret"

PLUGIN = """
from __future__ import annotations
from pydantic import BaseModel, ConfigDict, SecretStr
from kpictl.connect import Connector

class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    key: SecretStr
    size: int = 1

def connector(settings: Settings) -> Connector:
    if settings.size > 9:
        raise ValueError("too large for " + settings.key.get_secret_value())
    return Connector("shop", "https://shop.example", ())
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "connectors").mkdir()
    (tmp_path / "connectors" / "shop.py").write_text(PLUGIN)
    return tmp_path


def refused(name: str, settings: dict[str, object], folder: Path) -> WorldError:
    with pytest.raises(WorldError) as caught:
        load_connector(name, settings, folder)
    assert KEY not in f"{caught.value} {caught.value.help}"
    assert str(caught.value).startswith(f"connector {name}: ")
    return caught.value


def test_a_file_of_the_project_is_loaded_under_a_private_name(project: Path) -> None:
    made = load_connector("shop", {"key": KEY}, project)
    assert made.base_url == "https://shop.example"
    assert made.secrets == (KEY,)
    assert KEY not in repr(made)
    assert "shop" not in sys.modules
    assert "_kpictl_connector_shop" in sys.modules


def test_a_package_of_the_project_is_loaded(project: Path) -> None:
    package = project / "connectors" / "store"
    package.mkdir()
    (package / "plugin.py").write_text(PLUGIN)
    (package / "__init__.py").write_text("from .plugin import Settings, connector\n")
    assert load_connector("store", {"key": KEY}, project).name == "store"


def test_a_missing_plugin(project: Path) -> None:
    error = refused("till", {"key": KEY}, project)
    assert str(error) == "connector till: there is no connectors/till.py and no installed plugin of that name"
    assert "kpictl.connectors" in (error.help or "")


@pytest.mark.parametrize("name", ["../shop", "shop.py", "", "a/b"])
def test_a_name_is_no_path(project: Path, name: str) -> None:
    assert "letters, digits" in str(refused(name, {"key": KEY}, project))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "connector shop: bad settings: key: it is missing"),
        ({"key": KEY, "szie": 1}, "connector shop: bad settings: szie: there is no such setting"),
        ({"key": [KEY]}, "connector shop: bad settings: key: Input should be a valid string"),
        ({"key": KEY, "size": 10}, "connector shop: ValueError: too large for ***"),
    ],
)
def test_bad_settings(project: Path, settings: dict[str, object], message: str) -> None:
    assert str(refused("shop", settings, project)) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "import nowhere_at_all",
            "connectors/bad.py needs the Python package `nowhere_at_all`, which is not installed",
        ),
        ("def connector(:", "importing connectors/bad.py failed: SyntaxError"),
        ("1 / 0", "importing connectors/bad.py failed: ZeroDivisionError: division by zero"),
        ("Settings = 1", "the plugin lacks a pydantic model `Settings` or a function `connector`"),
        (PLUGIN + "\ndef connector(settings): return 1", "connector() did not return a Connector"),
    ],
)
def test_a_broken_plugin(project: Path, text: str, message: str) -> None:
    (project / "connectors" / "bad.py").write_text(text)
    assert message in str(refused("bad", {"key": KEY}, project))


def test_an_installed_plugin_is_found_by_its_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "installed_shop.py").write_text(PLUGIN)
    info = tmp_path / "installed_shop-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: installed-shop\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[kpictl.connectors]\nstore = installed_shop\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert load_connector("store", {"key": KEY}, tmp_path / "project").secrets == (KEY,)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("commerce7", {"tenant": "estate", "app_id": "app", "app_secret": ""}, "app_secret: "),
        (
            "commerce7",
            {"tenant": "https://x", "app_id": "app", "app_secret": KEY},
            "tenant: String should match",
        ),
        (
            "tock",
            {"api_key": f"{KEY}\u00e9", "business_id": "1"},
            "api_key: contains characters",
        ),
        ("tock", {"api_key": KEY, "business_id": "one"}, "business_id: String should match"),
        ("tock", {"api_key": KEY, "business_id": "1", "base_url": "http://api.example.com"}, "https://"),
    ],
)
def test_bad_settings_of_the_winery(name: str, settings: dict[str, object], message: str) -> None:
    assert message in str(refused(name, settings, ROOT))


def test_stray_white_space_around_a_key_is_taken_off() -> None:
    assert load_connector("tock", {"api_key": f" {KEY}\n", "business_id": 12345}, ROOT).secrets == (KEY,)


ASKING = """
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from kpictl.connect import Connector, Record, Stream

class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    key: SecretStr = Field(min_length=1)
    business: str = Field(pattern="^[0-9]+$")
    url: str
    table: str = "sale"

class Sale(Record):
    id: str
    cents: int = 0
    is_gone: bool = False
    note: str | None = None

def connector(settings: Settings) -> Connector:
    stream = Stream("sale", settings.table, ("id",), Sale, lambda: iter(()), lambda body: body)
    return Connector("shop", settings.url, (stream,))
"""


def test_a_connector_tells_its_tables_without_a_secret(project: Path) -> None:
    (project / "connectors" / "shop.py").write_text(ASKING)
    made = describe_connector("shop", {"table": "till"}, project)
    ((table, defaults),) = tables_with_defaults(made, "raw")
    assert str(table.name) == "raw.till"
    assert [column.name for column in table.columns] == [
        "id",
        "cents",
        "is_gone",
        "note",
        "record",
        "synced_at",
        "deleted_at",
    ]
    assert defaults == {"cents": 0, "is_gone": False}


def test_a_plugin_that_takes_no_made_up_settings_says_why(project: Path) -> None:
    (project / "connectors" / "shop.py").write_text(ASKING.replace("^[0-9]+$", "^[0-9]{20}$"))
    with pytest.raises(WorldError, match="connector shop: bad settings: business: "):
        describe_connector("shop", {}, project)


def test_the_plugins_of_a_folder(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    package = project / "connectors" / "store"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (project / "connectors" / "_helpers.py").write_text("")
    (project / "connectors" / "notes.txt").write_text("")
    assert plugins_of(project) == ("shop", "store")
    assert plugins_of(tmp_path_factory.mktemp("empty")) == ()
