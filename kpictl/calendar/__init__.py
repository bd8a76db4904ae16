"""Business days, periods, windows and prior dates: pure dates, the standard library only."""

from kpictl.calendar.days import MONTHS, WEEKDAYS, Range, month_length
from kpictl.calendar.dim_date import DateRow, DateRows
from kpictl.calendar.periods import Period, periods
from kpictl.calendar.retail import Retail
from kpictl.calendar.start_month import StartMonth
from kpictl.calendar.windows import NAMED, Window, business_day, is_window, last_days, window, windows
from kpictl.calendar.years import FIRST_YEAR, LAST_YEAR, Calendar, Compare

__all__ = [
    "FIRST_YEAR",
    "LAST_YEAR",
    "MONTHS",
    "NAMED",
    "WEEKDAYS",
    "Calendar",
    "Compare",
    "DateRow",
    "DateRows",
    "Period",
    "Range",
    "Retail",
    "StartMonth",
    "Window",
    "business_day",
    "is_window",
    "last_days",
    "month_length",
    "periods",
    "window",
    "windows",
]
