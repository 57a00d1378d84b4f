/** One plot: its heading, what its colours mean, the drawing, and the same numbers as a table. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { DayStats } from "spillway-client";
import { texts } from "../../texts.ts";
import { Table } from "../../ui/table.tsx";
import { hasValues, type Plot, shortDay } from "./plots.ts";

interface Props {
  plot: Plot;
  days: readonly DayStats[];
}

export function PlotFigure({ plot, days }: Props) {
  const { title, form, series, write } = plot;
  const isEmpty = !hasValues(plot, days);
  return (
    <figure class={`plot card ${form}`}>
      <figcaption>
        <h3>{title}</h3>
        {series.length > 1 && !isEmpty && (
          <ul class="legend">
            {series.map(({ label }, index) => (
              <li key={label} class={`series-${index}`}>
                {label}
              </li>
            ))}
          </ul>
        )}
      </figcaption>
      {isEmpty ? <p class="small">{texts.overview.nothing}</p> : <Drawn plot={plot} days={days} />}
      {!isEmpty && (
        <details>
          <summary>{texts.overview.asTable}</summary>
          <Table
            caption={title}
            rows={days}
            keyOf={({ day }) => day}
            columns={[
              { heading: texts.overview.day, cell: ({ day }) => day },
              ...series.map(({ label, of }) => ({
                heading: label,
                align: "end" as const,
                cell: (day: DayStats) => written(of(day), write),
              })),
            ]}
          />
        </details>
      )}
    </figure>
  );
}

/** The drawing. To a screen reader it is one image, with the table after it. */
function Drawn({ plot, days }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const [isMissing, setMissing] = useState(false);
  useEffect(() => {
    const { form, series, tick, write, whole } = plot;
    const title = (of: number, index: number) => {
      const [shown, day] = [series[of], days[index]];
      return shown === undefined || day === undefined
        ? ""
        : `${shortDay(day.day)}, ${shown.label}: ${written(shown.of(day), write)}`;
    };
    const labels = days.map(({ day }) => shortDay(day));
    const values = series.map(({ of }) => days.map(of));
    let remove = () => {};
    let isLeft = false;
    const start = async () => {
      const { draw } = await import("./chart.ts");
      if (!isLeft && element.current !== null)
        remove = draw(element.current, { form, labels, values, tick, whole, title });
    };
    start().catch(() => setMissing(true));
    return () => {
      isLeft = true;
      remove();
    };
  }, [plot, days]);
  if (isMissing) return <p class="small">{texts.overview.notDrawn}</p>;
  return <div ref={element} class="drawing" role="img" aria-label={texts.overview.drawing(plot.title)} />;
}

const written = (value: number | null, write: (value: number) => string) => (value === null ? "–" : write(value));
