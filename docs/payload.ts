// The payload of a dashboard row. Printed by `kpictl schema typescript`, made from its JSON Schema.

/** What a frontend needs to draw a KPI's card: one row of agg_kpi_dashboard. */
export interface Payload {
  /** Which KPI. */
  kpi: Kpi;
  /** Who the numbers are about. */
  entity: Entity;
  /** The last day that counts; rows after it count nowhere. */
  as_of: Day;
  /** The last day up to `as_of` with a row in the KPI's sources; null: none. */
  data_through: Day | null;
  /** How the values are written. */
  format: Format;
  /** The values by window: those of the project. */
  windows: Windows;
  /** The last 28 days, the oldest first and `as_of` last. */
  trend: Array<TrendDay>;
}

/** A KPI. */
export interface Kpi {
  /** The KPI's number in dim_kpi, the same for ever. */
  id: number;
  /** The KPI's code in the YAML and in dim_kpi. */
  code: string;
  /** What people call it: text, never markup. */
  name: string;
  target_direction: TargetDirection;
}

/** An entity: the whole business, or a part of it. */
export interface Entity {
  /** The entity's number in dim_entity; 0 is ALL. */
  id: number;
  /** The entity's code: `ALL`, or a location's, a brand's, a channel's. */
  code: string;
  /** What people call it: text, never markup. */
  name: string;
}

/** Whether more is better (`up`), less is (`down`), or neither. */
export type TargetDirection = "up" | "down" | "none";

/** How values are written. */
export type Format = CurrencyFormat | PercentFormat | NumberFormat | DurationFormat;

/** An amount of money. */
export interface CurrencyFormat {
  kind: "currency";
  /** Digits after the point, rounded half away from zero. */
  decimals: number;
  /** Its ISO 4217 code: `USD`. */
  currency: string;
  /** What is counted: `9L cases`. */
  unit?: string;
  /** Large values are written short: 1.2M. */
  compact?: true;
}

/** A share; changes of it are in percentage points. */
export interface PercentFormat {
  kind: "percent";
  /** Digits after the point, rounded half away from zero. */
  decimals: number;
  /** `percent`: 3.5 is 3.5%; `fraction`: 0.035 is. */
  stored_as: "percent" | "fraction";
  /** What is counted: `9L cases`. */
  unit?: string;
  /** Large values are written short: 1.2M. */
  compact?: true;
}

/** A count or a measure. */
export interface NumberFormat {
  kind: "number";
  /** Digits after the point, rounded half away from zero. */
  decimals: number;
  /** What is counted: `9L cases`. */
  unit?: string;
  /** Large values are written short: 1.2M. */
  compact?: true;
}

/** A time in seconds; below a minute it is shown with `decimals`. */
export interface DurationFormat {
  kind: "duration";
  /** Digits after the point, rounded half away from zero. */
  decimals: number;
  /** What is counted: `9L cases`. */
  unit?: string;
  /** Large values are written short: 1.2M. */
  compact?: true;
}

/** Values by window. A row keeps the windows that the project had when it was published. */
export interface Windows {
  /** The as-of date alone. */
  day?: WindowValues;
  /** Week to date, compared with the week 364 days before. */
  wtd?: WindowValues;
  /** Month to date, of the project's calendar. */
  mtd?: WindowValues;
  /** Quarter to date, of the project's calendar. */
  qtd?: WindowValues;
  /** Year to date, of the project's calendar. */
  ytd?: WindowValues;
  /** Twelve months that end on the as-of date. */
  ttm?: WindowValues;
  /** Since inception: from the KPI's first covered day. */
  itd?: WindowValues;
  /** Calendar month to date, whatever the fiscal calendar. */
  calendar_mtd?: WindowValues;
  /** Calendar quarter to date, whatever the fiscal calendar. */
  calendar_qtd?: WindowValues;
  /** Calendar year to date, whatever the fiscal calendar. */
  calendar_ytd?: WindowValues;
  /** The last N days, the as-of date included. */
  [name: `last${number}`]: WindowValues | undefined;
}

/** A KPI over one window, and over the same window one year earlier. */
export interface WindowValues {
  /** The first day; null since inception, where no day is covered. */
  from: Day | null;
  /** The last day: the as-of date. */
  to: Day;
  /** How many days; null where `from` is. */
  days: number | null;
  /** The value over the window, not rounded for display: up to ten decimals. */
  value: number | null;
  /** What the value stands on. */
  status: Status;
  /** The same window one year earlier. */
  prior: PriorValues;
  /** `value` less the prior's; null where either is. */
  delta: number | null;
  /** The change in percent of the prior: 12.5 is +12.5%; null where the prior is 0 or null. */
  delta_pct: number | null;
}

/** The KPI over the window that it is compared with. */
export interface PriorValues {
  /** The first day; null since inception, where no day is covered. */
  from: Day | null;
  /** The last day: a year before it, by the project's rule. */
  to: Day;
  /** How many days; null where `from` is. */
  days: number | null;
  /** The value over the prior window. */
  value: number | null;
  /** What the value stands on. */
  status: Status;
}

/**
 * `ok`: every day of the window is covered by the KPI's sources, and the value is known;
 * `partial`: the sources cover a part of the window's days; the value is of those days;
 * `undefined`: nothing to divide by, or no row to take a value from; `stale`: a stock's last known
 * value is older than the KPI allows; `no_data`: the sources cover no day of the window; the value
 * is null, which is not zero.
 */
export type Status = "ok" | "partial" | "undefined" | "stale" | "no_data";

/** A day of the trend. */
export interface TrendDay {
  date: Day;
  /** The day's value; null where the sources do not cover the day. */
  value: number | null;
}

/** A business day: `2025-10-06`. */
export type Day = string;
