/** How far an export in progress is: the bar, the phases, rows, files and bytes, and the time that is left. */

import type { Export } from "spillway-client";
import { isActive, shareDone } from "../../exports/state.ts";
import { texts } from "../../texts.ts";
import { count, counted, size, span } from "../../ui/format.ts";
import { Progress } from "../../ui/progress.tsx";

type Phase = Export["progress"]["phase"];

const PHASES = ["planning", "writing", "assembling", "finishing"] as const satisfies readonly Phase[];

export function ExportProgress({ shown }: { shown: Export }) {
  if (!isActive(shown)) return null;
  const { phase, rows_written: rows, rows_total: total, bytes_written: bytes, eta_seconds: left } = shown.progress;
  return (
    <section class="card export-progress" aria-label={texts.exports.progress}>
      <Progress label={texts.exports.progress} share={shareDone(shown)} />
      <ol class="phases">
        {PHASES.map((each) => (
          <li key={each} aria-current={each === phase ? "step" : undefined}>
            {texts.exports.phases[each]}
          </li>
        ))}
      </ol>
      <p class="small">
        {total === null ? counted(rows, "row") : texts.exports.rowsOf(count(rows), counted(total, "row"))} ·{" "}
        {size(bytes)}
        {left !== null && shown.next_retry_at === null && ` · ${texts.exports.timeLeft(span(left))}`}
      </p>
    </section>
  );
}
