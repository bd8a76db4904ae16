"""The page that shows the KPIs in a browser: its documents, and the one HTML file that draws them.

Every text of a number or a day is written here, in Python; the script of the page only places them.
"""

from kpictl.report.page.board import board
from kpictl.report.page.document import Document
from kpictl.report.page.head import DATES, head
from kpictl.report.page.html import content_security_policy, page
from kpictl.report.page.kpi import kpi_page
from kpictl.report.page.whole import Embedded, embedded

__all__ = [
    "DATES",
    "Document",
    "Embedded",
    "board",
    "content_security_policy",
    "embedded",
    "head",
    "kpi_page",
    "page",
]
