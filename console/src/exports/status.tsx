/** An export's status in a few words: its name, the bar while it runs, and who must act where something failed. */

import type { Export, ListedExport } from "spillway-client";
import { texts } from "../texts.ts";
import { words } from "../ui/format.ts";
import { Progress } from "../ui/progress.tsx";
import { Time } from "../ui/time.tsx";
import { isActive, mustAct, shareDone } from "./state.ts";

type Shown = Export | ListedExport;

const TONES = {
  queued: "",
  processing: "",
  completed: "good",
  failed: "bad",
  canceled: "soft",
  expired: "soft",
} as const satisfies Record<Shown["status"], string>;

export const StatusBadge = ({ status }: Pick<Shown, "status">) => (
  <span class={`badge ${TONES[status]}`}>{texts.status[status]}</span>
);

/** @param label names the export for screen readers, beside its bar. */
export function Status({ shown, label }: { shown: Shown; label: string }) {
  return (
    <>
      <StatusBadge status={shown.status} />
      {isActive(shown) && (
        <div>
          <Progress label={`${texts.exports.progressOf} ${label}`} share={shareDone(shown)} />
        </div>
      )}
      <WhoMustAct shown={shown} />
    </>
  );
}

function WhoMustAct({ shown }: { shown: Shown }) {
  const who = mustAct(shown);
  if (who === null || shown.error === null) return null;
  return (
    <div class={who === "you" ? "small bad" : "small"}>
      {texts.exports.mustAct[who]}{" "}
      {who === "waiting" && shown.next_retry_at !== null && <Time at={shown.next_retry_at} precision="second" />} (
      {words(shown.error.code)})
    </div>
  );
}
