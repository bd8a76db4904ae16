"""The web door: the page live, and a read-only JSON API over the published tables."""

from kpictl.serve.application import application
from kpictl.serve.settings import TOKEN_VARIABLE, Settings, settings_of
from kpictl.serve.source import Source
from kpictl.serve.web import listening, serve

__all__ = ["TOKEN_VARIABLE", "Settings", "Source", "application", "listening", "serve", "settings_of"]
