/** Which days are shown: some choices, or a first and a last day of one's own. */

import { useState } from "preact/hooks";
import { texts } from "../../texts.ts";
import { TextField } from "../../ui/field.tsx";
import { addDays } from "../../ui/zoned.ts";
import { CHOICES, type Span } from "./span.ts";

interface Props {
  span: Span;
  today: string;
  onSpan: (span: Span) => void;
  /** What the service finds wrong with the days. */
  error: string | undefined;
}

export function Period({ span, today, onSpan, error }: Props) {
  const [isOwn, setOwn] = useState(span.days === null);
  const own = { ...span, days: null };
  return (
    <>
      <div class="row" role="group" aria-label={texts.overview.period}>
        {CHOICES.map((days) => (
          <button
            key={days}
            type="button"
            aria-pressed={!isOwn && span.days === days}
            onClick={() => {
              setOwn(false);
              onSpan({ from: addDays(today, 1 - days), to: today, days });
            }}
          >
            {texts.overview.lastDays(days)}
          </button>
        ))}
        <button type="button" aria-pressed={isOwn} onClick={() => setOwn(true)}>
          {texts.overview.ownDays}
        </button>
      </div>
      {isOwn && (
        <div class="row own-days">
          <TextField
            label={texts.overview.firstDay}
            type="date"
            value={span.from}
            onValue={(from) => from !== "" && onSpan({ ...own, from })}
            error={error}
            input={{ max: today }}
          />
          <TextField
            label={texts.overview.lastDay}
            type="date"
            value={span.to}
            onValue={(to) => to !== "" && onSpan({ ...own, to })}
            input={{ max: today }}
          />
        </div>
      )}
    </>
  );
}
