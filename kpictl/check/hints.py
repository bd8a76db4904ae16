"""Rules on KPIs that can be computed and that nobody can use, use well or trust."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpictl.catalog.model import Kpi, Unread
from kpictl.check.rule import Caution, Known
from kpictl.diagnostics import Diagnostic, Note, Span


class NoDescription(Caution):
    """A published KPI has no description.

    Whoever reads the number has nothing but its name to tell what is in it and what is not.

    Wrong:

        kpis:
          - {id: 9, code: «fees», name: Fees, owner: finance, format: currency,
             source: orders, measure: sum(fee)}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees,
             description: "Fees that were paid, before tax.", owner: finance,
             format: currency, source: orders, measure: sum(fee)}
    """

    code = "KPI230"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for kpi in known.catalog.kpis:
            if kpi.id is not None and not kpi.description.strip():
                advice = "add `description`: what is counted, and what is left out"
                yield self.found(f"KPI `{kpi.code}` has no description", kpi.places.at("code"), help=advice)


class NoOwner(Caution):
    """A published KPI has no owner.

    When the number looks wrong, nobody knows whom to ask.

    Wrong:

        kpis:
          - {id: 9, code: «fees», name: Fees, description: "X.", format: currency,
             source: orders, measure: sum(fee)}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: finance,
             format: currency, source: orders,
             measure: sum(fee)}
    """

    code = "KPI231"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for kpi in known.catalog.kpis:
            if kpi.id is not None and kpi.owner is None:
                advice = "add `owner`: a person or a team who answers for it"
                yield self.found(f"KPI `{kpi.code}` has no owner", kpi.places.at("code"), help=advice)


class NothingShows(Caution):
    """A helper, which is a KPI without an id, is in no formula.

    It is computed for nothing, or an `id` was forgotten, or a formula that should use it names another.

    Wrong:

        kpis:
          - {code: «fees», source: orders, measure: sum(fee)}

    Right:

        kpis:
          - {code: fees, source: orders, measure: sum(fee)}
          - {id: 9, code: fee_share, name: Fee Share, description: "X.",
             owner: finance, format: percent,
             formula: 100 * fees / revenue}
    """

    code = "KPI239"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        if known.catalog.unread != Unread():
            return  # what is wrong may use it
        formulas = [kpi.formula for kpi in known.catalog.kpis if kpi.formula is not None]
        used = {column.name for formula in formulas for column in formula.columns()}
        if used - {kpi.code for kpi in known.catalog.kpis}:
            return  # a misspelt name may mean it
        tested = {line.kpi for test in known.catalog.tests for line in test.expect}
        for kpi in known.catalog.kpis:
            if kpi.id is None and kpi.code not in used and kpi.code not in tested:
                advice = "give it an `id` and a `format`, use it in a formula, or remove it"
                yield self.found(f"nothing shows or uses KPI `{kpi.code}`", kpi.places.at("code"), help=advice)


class NearDuplicate(Caution):
    """Two KPIs are computed in the same way: the same measure, source and conditions, or the same formula.

    Sooner or later one of them is changed and the other is not, and two numbers of one thing differ.

    Wrong:

        kpis:
          - {id: 9, code: «sales», name: Sales, description: "X.", owner: finance,
             format: currency, source: orders,
             measure: sum(amount)}

    Right:

        kpis:
          - {id: 9, code: web_sales, name: Web Sales, description: "X.",
             owner: finance, format: currency,
             source: orders, measure: sum(amount), where: channel = 'App'}
    """

    code = "KPI240"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        first: dict[tuple[object, ...], Kpi] = {}
        for kpi in sorted(known.catalog.kpis, key=lambda each: each.places.at("code")):
            defined = _definition(kpi)
            if defined is None:
                continue
            same = first.setdefault(defined, kpi)
            if same is not kpi:
                message = f"KPI `{kpi.code}` is computed as `{same.code}` is"
                also = (Note("the first is here", same.places.at("code")),)
                advice = f"keep one of them, or write `formula: {same.code}` if both names are needed"
                yield self.found(message, kpi.places.at("code"), help=advice, also=also)


def _definition(kpi: Kpi) -> tuple[object, ...] | None:
    """What the value is computed from; a formula that only names a KPI is an alias on purpose."""
    over_time = (kpi.over_time, kpi.max_staleness)
    if kpi.measure is not None and kpi.formula is None:
        where = None if kpi.where is None else kpi.where.tree.sql()
        return ("measure", kpi.source, kpi.measure.expression.tree.sql(), where, *over_time)
    if kpi.formula is not None and kpi.measure is None and len(kpi.formula.text.split()) > 1:
        return ("formula", kpi.formula.tree.sql(), *over_time)
    return None


_SECRET = re.compile(
    r"(?:.*_)?(?:secret|token|password|passwd|api_?key|private_?key|credentials?)(?:_.*)?", re.IGNORECASE
)
_VARIABLE = re.compile(r"\$\{\w+\}")
_WITH_PASSWORD = re.compile(r"[a-z0-9+]+://[^/@:]*:(?!\$\{)[^/@]+@.*", re.IGNORECASE)


class LiteralSecret(Caution):
    """A setting that looks like a secret is written out in kpictl.yml.

    Whoever can read the repository can use it, now and in every old version. What was committed once has to be
    replaced where it was issued.

    Wrong:

        # kpictl.yml
        name: shop
        connectors:
          till: {tenant: shop, api_key: «6b1f0c2e»}

    Right:

        # kpictl.yml
        name: shop
        connectors:
          till: {tenant: shop, api_key: "${TILL_API_KEY}"}
    """

    code = "KPI241"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        project = known.catalog.project
        for connector in project.connectors:
            for name, value in connector.settings.items():
                if _SECRET.fullmatch(name) and isinstance(value, str | int) and not _VARIABLE.fullmatch(str(value)):
                    yield self._written_out(f"`{name}`", connector.places.at(name), name)
        for environment in project.environments:
            if _WITH_PASSWORD.fullmatch(environment.url):
                yield self._written_out("a password", environment.places.at("url"), "database_url")

    def _written_out(self, what: str, at: Span, name: str) -> Diagnostic:
        advice = f'write "${{{name.upper()}}}" and set the variable in the environment or in `.env`'
        return self.found(f"{what} is written out where everybody can read it", at, help=advice)


RULES: tuple[Caution, ...] = (NoDescription(), NoOwner(), NothingShows(), NearDuplicate(), LiteralSecret())
