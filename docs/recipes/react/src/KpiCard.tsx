import type { Payload, Status, Windows } from "./payload";
import { change, MISSING, written } from "./format";
import { Trend } from "./Trend";

/** A value and its change as the API writes them, in the project's own locale and to the last digit. */
export interface Texts {
  value: string;
  prior: string;
  change: string;
  words: string;
}

interface Props {
  payload: Payload;
  window: keyof Windows;
  locale?: string;
  text?: Texts;
}

const STATUSES: Record<Status, string> = {
  ok: "",
  partial: "partial: data for a part of the days",
  undefined: "undefined: nothing to divide by, or no row",
  stale: "stale: the last known value is too old",
  no_data: "no data",
};

/** One KPI over one window, against the same window a year before. */
export function KpiCard({ payload, window: name, locale = "en-US", text }: Props) {
  const { kpi, format } = payload;
  const window = payload.windows[name];
  if (window === undefined) return null;
  const changed = change(window, format, kpi.target_direction, locale);
  const value = text?.value ?? written(window.value, format, locale);
  const note = STATUSES[window.status];
  const heading = `kpi-${kpi.id}-${payload.entity.id}`;
  return (
    <article className="card" aria-labelledby={heading} data-kpi={kpi.code}>
      <h2 id={heading}>{kpi.name}</h2>
      <p>
        <span className="value">{value}</span>
        {format.unit && !text && value !== MISSING && <span className="unit"> {format.unit}</span>}
      </p>
      <p className={`change ${changed.verdict}`}>
        {text?.words ?? (changed.verdict ? `${changed.words}, ${changed.verdict}` : changed.words)}
      </p>
      {note && <p className="note">{note}</p>}
      {window.value !== null && window.prior.status === "partial" && (
        <p className="note">the year before is known in part</p>
      )}
      <Trend days={payload.trend} format={format} locale={locale} />
    </article>
  );
}
