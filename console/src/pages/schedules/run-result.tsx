/** What became of a run, with why, and a link to its export where the session may see exports. */

import type { ScheduleRun } from "spillway-client";
import { Link } from "wouter-preact";
import { useMay } from "../../session/session.ts";
import { resultOf } from "./runs.ts";

export function RunResult({ run }: { run: ScheduleRun }) {
  const mayRead = useMay("exports:read");
  const { text, tone, detail } = resultOf(run);
  const made = run.export;
  return (
    <>
      {made !== null && mayRead ? (
        <Link class={tone} href={`/exports/${made.id}`}>
          {text}
        </Link>
      ) : (
        <span class={tone}>{text}</span>
      )}
      {detail !== null && <div class="small">{detail}</div>}
    </>
  );
}
