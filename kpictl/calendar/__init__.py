"""Business days, periods, windows and prior dates: pure dates, the standard library only."""

from kpictl.calendar.dim_date import DateRow, DateRows
from kpictl.calendar.windows import Range, Window, business_day, last_days, window, windows
from kpictl.calendar.years import WEEKDAYS, Calendar

__all__ = [
    "WEEKDAYS",
    "Calendar",
    "DateRow",
    "DateRows",
    "Range",
    "Window",
    "business_day",
    "last_days",
    "window",
    "windows",
]
