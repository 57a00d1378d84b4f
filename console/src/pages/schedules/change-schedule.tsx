/** The change of a schedule: when it runs, what its runs have, and where their files go. */

import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { Destination, Schedule } from "spillway-client";
import { Link, useLocation } from "wouter-preact";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { CronField } from "../../ui/cron-field.tsx";
import { CheckField, SelectField, TextField } from "../../ui/field.tsx";
import { faultsOf, Form } from "../../ui/form.tsx";
import { useSay } from "../../ui/live.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { faultAt } from "../../ui/problems.ts";
import { SCHEDULES, useSchedule } from "./queries.ts";
import { changesOf, deliveries, formOf, type ScheduleForm } from "./schedule-request.ts";
import { useDestinationNames } from "./use-destination-names.ts";

const t = texts.schedules;
const MAX_VERIFY_DAYS = 30;
const POINTERS = ["/name", "/cron", "/timezone", "/incremental", "/verify_after_days", "/request/delivery"] as const;

export function ChangeSchedule({ id }: { id: string }) {
  const destinations = useDestinationNames();
  return (
    <Page title={t.changeTitle}>
      <Loaded query={useSchedule(id)}>
        {(schedule) => (
          <Loaded query={destinations}>{(all) => <ChangeForm schedule={schedule} destinations={all} />}</Loaded>
        )}
      </Loaded>
    </Page>
  );
}

function ChangeForm({ schedule, destinations }: { schedule: Schedule; destinations: readonly Destination[] }) {
  const { spillway } = useSession();
  const queries = useQueryClient();
  const say = useSay();
  const [, navigate] = useLocation();
  // What is being edited stays what it was when the form was opened.
  const [before] = useState(schedule);
  const [form, setForm] = useState(() => formOf(schedule));
  const set = (part: Partial<ScheduleForm>) => setForm((now) => ({ ...now, ...part }));
  const changes = changesOf(before, form);
  const after = `/schedules/${schedule.id}`;
  const work = useMutation({
    mutationFn: () => spillway.schedules.change(schedule.id, changes),
    onSuccess: async ({ warnings }) => {
      await queries.invalidateQueries({ queryKey: SCHEDULES });
      say([t.saved, ...warnings.map(({ detail }) => detail)].join(" "));
      navigate(after);
    },
  });
  const faults = faultsOf(work.error);
  return (
    <Form label={t.changeTitle} error={work.error} pointers={POINTERS} onSubmit={() => work.mutate()}>
      <TextField
        label={t.name}
        value={form.name}
        onValue={(name) => set({ name })}
        error={faultAt(faults, "/name")}
        required
      />
      <CronField
        cron={form.cron}
        onCron={(cron) => set({ cron })}
        timezone={form.timezone}
        onTimezone={(timezone) => set({ timezone })}
        errors={{ cron: faultAt(faults, "/cron"), timezone: faultAt(faults, "/timezone") }}
      />
      <SelectField
        label={t.delivery}
        description={t.deliveryHelp}
        value={form.delivery}
        onValue={(delivery) => set({ delivery })}
        options={deliveries(before, destinations)}
        error={faultAt(faults, "/request/delivery")}
      />
      <CheckField
        label={t.incrementalLabel}
        description={t.incrementalHelp}
        checked={form.incremental}
        onChecked={(incremental) => set({ incremental })}
        error={faultAt(faults, "/incremental")}
      />
      <TextField
        label={t.verifyLabel}
        description={t.verifyHelp}
        type="number"
        value={form.verifyAfterDays}
        onValue={(verifyAfterDays) => set({ verifyAfterDays })}
        error={faultAt(faults, "/verify_after_days")}
        input={{ min: 1, max: MAX_VERIFY_DAYS, step: 1 }}
      />
      <div class="row">
        <Link class="button" href={after}>
          {texts.cancel}
        </Link>
        <button class="primary" disabled={work.isPending || Object.keys(changes).length === 0}>
          {work.isPending ? texts.working : texts.save}
        </button>
      </div>
    </Form>
  );
}
