// Numbers as people read them. The rules are those of kpictl: half away from zero, a dash for what is not known,
// changes of a percent in percentage points.
import type { Format, TargetDirection, WindowValues } from "./payload";

export const MISSING = "–";

const NUMERIC: Intl.NumberFormatOptions & { roundingMode: string } = { roundingMode: "halfExpand" };

export interface Change {
  text: string;
  words: string;
  verdict: "better" | "worse" | "";
}

/** A value in full, without its unit. */
export function written(value: number | null, format: Format, locale: string): string {
  if (value === null) return MISSING;
  const digits = { minimumFractionDigits: format.decimals, maximumFractionDigits: format.decimals };
  const short = format.compact ? { notation: "compact" as const, minimumFractionDigits: 1, maximumFractionDigits: 1 } : {};
  switch (format.kind) {
    case "currency":
      return number(value, locale, { style: "currency", currency: format.currency, ...digits, ...short });
    case "number":
      return number(value, locale, { ...digits, ...short });
    case "percent":
      return format.stored_as === "fraction"
        ? number(value, locale, { style: "percent", ...digits })
        : number(value, locale, { style: "unit", unit: "percent", ...digits });
    case "duration":
      return duration(value, format.decimals, locale);
  }
}

/** The change against the year before, and whether the KPI's direction calls it good. */
export function change(window: WindowValues, format: Format, direction: TargetDirection, locale: string): Change {
  const isPercent = format.kind === "percent";
  const decimals = isPercent ? Math.max(format.decimals, 1) : 1;
  const amount = isPercent ? window.delta : window.delta_pct;
  if (amount === null) return { text: MISSING, words: "no comparison", verdict: "" };
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const scaled: Intl.NumberFormatOptions = isPercent && format.stored_as === "fraction" ? { style: "percent" } : {};
  // `style: "percent"` moves the point without a product in doubles; its sign is taken off again.
  const bare = (options: Intl.NumberFormatOptions) =>
    number(amount, locale, { ...digits, ...scaled, ...options }, (part) => part.type !== "percentSign" && part.type !== "literal");
  const signed = bare({ signDisplay: "exceptZero" });
  const size = bare({ signDisplay: "never" });
  const text = signed + (isPercent ? " pp" : "%");
  if (amount === 0) return { text, words: "unchanged on the year before", verdict: "" };
  if (signed === size) return { text, words: "about the same as the year before", verdict: "" };
  const isUp = amount > 0;
  const isWhole = window.status !== "partial" && window.prior.status !== "partial";
  const verdict = direction === "none" || !isWhole ? "" : isUp === (direction === "up") ? "better" : "worse";
  const amountInWords = `${size}${isPercent ? " percentage points" : "%"}`;
  const words = `${isUp ? "up" : "down"} ${amountInWords} on the year before${isWhole ? "" : ", with data for a part of the days"}`;
  return { text, words, verdict };
}

/** A double as the shortest decimal that means it, so that 1.005 is rounded to 1.01 as its digits say. */
function number(
  value: number,
  locale: string,
  options: Intl.NumberFormatOptions,
  isWanted: (part: Intl.NumberFormatPart) => boolean = () => true,
): string {
  const form = new Intl.NumberFormat(locale, { signDisplay: "negative", ...NUMERIC, ...options } as Intl.NumberFormatOptions);
  const parts = form.formatToParts(String(value) as `${number}`);
  return parts.filter(isWanted).map((part) => part.value).join("");
}

/** Hours and minutes, or minutes and seconds, or seconds: the two largest that there are. */
function duration(seconds: number, decimals: number, locale: string): string {
  const unit = (amount: number, name: "hour" | "minute" | "second", digits = 0) =>
    number(amount, locale, { style: "unit", unit: name, unitDisplay: "narrow", minimumFractionDigits: digits, maximumFractionDigits: digits });
  const [minutes, whole] = [Math.round(Math.abs(seconds) / 60), Math.round(Math.abs(seconds))];
  const sign = seconds < 0 ? -1 : 1;
  if (whole >= 3600) return `${unit(sign * Math.floor(minutes / 60), "hour")} ${unit(minutes % 60, "minute")}`;
  if (Number(Math.abs(seconds).toFixed(decimals)) >= 60) return `${unit(sign * Math.floor(whole / 60), "minute")} ${unit(whole % 60, "second")}`;
  return unit(seconds, "second", decimals);
}
