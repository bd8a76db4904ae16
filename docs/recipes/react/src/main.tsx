// Fills the element `#cards` of the page: one card for each payload at its `data-src`.
import { createRoot } from "react-dom/client";
import type { Payload, Windows } from "./payload";
import { KpiCard, type Texts } from "./KpiCard";

/** A row of /api/dashboard: the payload, and the texts of each window. */
interface Row {
  payload: Payload;
  text?: { [window: string]: Texts };
}

/** What `kpictl show --json` prints is a list of payloads; the API has rows of them. */
function rows(answer: Payload[] | { rows: Row[] }): Row[] {
  return Array.isArray(answer) ? answer.map((payload) => ({ payload })) : answer.rows;
}

const place = document.getElementById("cards") as HTMLElement;
const root = createRoot(place);
const name = (place.dataset["window"] ?? "mtd") as keyof Windows;
const locale = document.documentElement.lang === "en" ? "en-US" : document.documentElement.lang;

try {
  const answer = await fetch(place.dataset["src"] ?? "payloads.json");
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  const found = rows((await answer.json()) as Payload[] | { rows: Row[] });
  const asOf = found[0]?.payload.as_of;
  root.render(
    <>
      <h1>{asOf === undefined ? "Nothing has been published" : <>KPIs as of <time dateTime={asOf}>{asOf}</time></>}</h1>
      <div className="cards">
        {found.map(({ payload, text }) => (
          <KpiCard
            key={`${payload.kpi.id}-${payload.entity.id}`}
            payload={payload}
            window={name}
            locale={locale}
            {...(text?.[name] && { text: text[name] })}
          />
        ))}
      </div>
    </>,
  );
} catch (error) {
  root.render(<p role="alert">The KPIs could not be loaded: {String(error)}</p>);
}
