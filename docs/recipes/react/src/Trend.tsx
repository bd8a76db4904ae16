import type { Format, TrendDay } from "./payload";
import { written } from "./format";

const WIDTH = 100;
const HEIGHT = 30;

/** The last 28 days as a line, with gaps where the sources cover no day. */
export function Trend({ days, format, locale }: { days: TrendDay[]; format: Format; locale: string }) {
  const known = days.flatMap((day) => (day.value === null ? [] : [day.value]));
  if (known.length === 0) return null;
  const low = Math.min(...known);
  const high = Math.max(...known);
  const x = (index: number) => (WIDTH * index) / Math.max(days.length - 1, 1);
  const y = (value: number) => (high === low ? HEIGHT / 2 : HEIGHT - (HEIGHT * (value - low)) / (high - low));
  let path = "";
  let isDrawing = false;
  days.forEach(({ value }, index) => {
    if (value !== null) {
      const point = `${x(index).toFixed(2)},${y(value).toFixed(2)}`;
      path += isDrawing ? `L${point}` : `M${point}h0`; // a lone day is a dot
    }
    isDrawing = value !== null;
  });
  const said = `last ${days.length} days, from ${written(low, format, locale)} to ${written(high, format, locale)} a day`;
  return (
    <svg className="trend" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={said}>
      <path d={path} />
    </svg>
  );
}
