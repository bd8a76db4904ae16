"""Business days, periods, windows and prior dates: pure dates, the standard library only."""

from kpictl.calendar.dim_date import DateRow, date_rows
from kpictl.calendar.windows import Range, Window, business_day, window, windows
from kpictl.calendar.years import WEEKDAYS, Calendar

__all__ = [
    "WEEKDAYS",
    "Calendar",
    "DateRow",
    "Range",
    "Window",
    "business_day",
    "date_rows",
    "window",
    "windows",
]
