"""Pages as Markdown, written by hand after the docstrings of their rules."""

from __future__ import annotations

import re

import pytest

from kpictl.check import PAGES, page
from kpictl.check.rule import Page
from tests.rule_markdown import markdown

BY_CODE = {each.code: each for each in PAGES}

RATIO_AS_CURRENCY = """\
### KPI232

**ratio-as-currency** (warning; `# kpictl: allow KPI232 why` allows it)

A formula divides two amounts of the same kind, and its format shows the ratio as money.

Dollars by dollars are no dollars: a margin of 0.42 would be read as 42 cents.

Wrong:

```yaml
kpis:
  - {id: 9, code: web_share, name: Web Share, description: "X.",
     owner: finance, format: currency,
     formula: web_revenue / revenue}
```

The finding is at `currency`.

Right:

```yaml
kpis:
  - {id: 9, code: web_share, name: Web Share, description: "X.",
     owner: finance, format: percent,
     formula: 100 * web_revenue / revenue}
```
"""

NO_PROJECT = """\
### KPI030

**no-project** (error)

There is no kpictl.yml in the folder.

It is what makes a folder a project; only `name` has to be in it.

Wrong:

`kpictl.yml`, missing

The finding is at `kpictl.yml`.

Right:

`kpictl.yml`:

```yaml
name: shop
```
"""


@pytest.mark.parametrize(("code", "text"), [("KPI232", RATIO_AS_CURRENCY), ("KPI030", NO_PROJECT)])
def test_a_page(code: str, text: str) -> None:
    assert markdown(page(BY_CODE[code])) == text


def test_each_file_of_an_example_is_named_and_fenced() -> None:
    text = markdown(page(BY_CODE["KPI408"]))
    wrong = text[text.index("Wrong:") : text.index("The finding")]
    assert [line for line in wrong.splitlines() if line.startswith(("The", "`"))] == [
        "The database:", "```sql", "```", "`kpis/example.yml`:", "```yaml", "```",
    ]  # fmt: skip


@pytest.mark.parametrize("rule", PAGES, ids=lambda rule: rule.code)
def test_no_page_has_marks_or_an_open_fence(rule: Page) -> None:
    text = markdown(page(rule))
    assert re.search("[«»]", text) is None
    assert len(re.findall("^```", text, re.MULTILINE)) % 2 == 0
    assert text.count("Wrong:") == text.count("Right:") == 1
