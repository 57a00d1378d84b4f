/** What a schedule is set to, and how far its exports have come. */

import type { Schedule } from "spillway-client";
import { Link } from "wouter-preact";
import { texts } from "../../texts.ts";
import { cronWords } from "../../ui/cron-words.ts";
import { counted, words } from "../../ui/format.ts";
import { Time } from "../../ui/time.tsx";
import { deliveryOf, DOWNLOAD, OWN_BUCKET } from "./schedule-request.ts";
import { NextRun, State } from "./schedule-state.tsx";
import { useDestinationNames } from "./use-destination-names.ts";

const t = texts.schedules;

export function ScheduleFacts({ schedule }: { schedule: Schedule }) {
  const { cron, timezone, covered_until: covered, backfill_from: backfill, verify_after_days: verify } = schedule;
  const phrase = cronWords(cron);
  return (
    <dl class="facts">
      <dt>{t.state}</dt>
      <dd>
        <State schedule={schedule} />
      </dd>
      <dt>{t.when}</dt>
      <dd>
        {phrase} <code>{cron}</code>
        <div class="small">{timezone}</div>
      </dd>
      <dt>{t.nextRun}</dt>
      <dd>
        <NextRun schedule={schedule} />
      </dd>
      {covered !== null && (
        <>
          <dt>{t.covered}</dt>
          <dd>
            <Time at={covered} timeZone={timezone} />
          </dd>
        </>
      )}
      {backfill !== null && (
        <>
          <dt>{t.backfill}</dt>
          <dd>
            <Time at={backfill} timeZone={timezone} />
          </dd>
        </>
      )}
      <dt>{t.dataset}</dt>
      <dd>{words(schedule.request.dataset)}</dd>
      <dt>{t.delivery}</dt>
      <dd>
        <Delivery schedule={schedule} />
      </dd>
      <dt>{t.incremental}</dt>
      <dd>{schedule.incremental ? t.isIncremental : t.isNotIncremental}</dd>
      <dt>{t.verify}</dt>
      <dd>{verify === null ? t.never : t.verifiedAfter(counted(verify, "day"))}</dd>
    </dl>
  );
}

function Delivery({ schedule }: { schedule: Schedule }) {
  const delivery = deliveryOf(schedule);
  const names = useDestinationNames();
  if (delivery === DOWNLOAD) return <>{t.download}</>;
  if (delivery === OWN_BUCKET) return <>{t.ownBucket}</>;
  if (names.data === undefined) return <>{texts.loading}</>;
  const name = names.data.find(({ id }) => id === delivery)?.name;
  return name === undefined ? <>{t.unknownDestination}</> : <Link href={`/destinations/${delivery}`}>{name}</Link>;
}
