"""What the catalog can say and nothing computes yet: this file shrinks as capabilities arrive."""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.check.rule import Known, Rule
from kpictl.diagnostics import Diagnostic


class NotYet(Rule):
    """The catalog asks for something that its format has but that is not computed yet.

    It is refused here, at its place, so that no number is published that means something else.

    Wrong:

        sources:
          - {code: visits, relation: marts.orders, time: ordered_on, key: order_id,
             changed_at: «ordered_on»}

    Right:

        sources:
          - {code: visits, relation: marts.orders, time: ordered_on, key: order_id}
    """

    code = "KPI290"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for source in known.catalog.sources:
            if source.changed_at is not None:
                at = source.places.at("changed_at")
                advice = "remove it: sources are computed whole"
                yield self.found("days by `changed_at` are not computed yet", at, help=advice)


RULES: tuple[Rule, ...] = (NotYet(),)
