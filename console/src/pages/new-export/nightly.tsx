/**
 * The last step: a schedule that makes the same export again and again, each time for the window since the run before.
 */

import { useMutation } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { Fault, ScheduledRequest } from "spillway-client";
import { useLocation } from "wouter-preact";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { CronField } from "../../ui/cron-field.tsx";
import { CheckField, TextField } from "../../ui/field.tsx";
import { faultsOf, Form } from "../../ui/form.tsx";
import { words } from "../../ui/format.ts";
import { useSay } from "../../ui/live.tsx";
import { faultAt } from "../../ui/problems.ts";
import { inRequest } from "./problems.ts";
import type { Request } from "./request.ts";

const own = texts.newExport.nightly;
const EVERY_NIGHT = "0 3 * * *";

interface Props {
  /** Without what each run fills in. */
  request: Request;
  /** Gets what is wrong with the request: its fields are in the form above. */
  onFaults: (faults: readonly Fault[]) => void;
}

export function Nightly({ request, onFaults }: Props) {
  const { spillway, space } = useSession();
  const [, navigate] = useLocation();
  const say = useSay();
  const [name, setName] = useState<string | null>(null);
  const [cron, setCron] = useState(EVERY_NIGHT);
  const [timezone, setTimezone] = useState(space.timezone);
  const [incremental, setIncremental] = useState(true);
  const shownName = name ?? own.nameOf(words(request.dataset));
  const create = useMutation({
    mutationFn: () =>
      spillway.schedules.create({
        name: shownName,
        cron,
        timezone,
        incremental,
        request: request as unknown as ScheduledRequest,
      }),
    onSuccess: () => {
      say(own.created);
      navigate("/schedules");
    },
    onError: (error) => onFaults(inRequest(faultsOf(error))),
  });
  const faults = faultsOf(create.error);
  return (
    <details class="nightly">
      <summary>
        <h2>{own.title}</h2>
      </summary>
      <p class="prose">{own.help}</p>
      <Form
        label={own.title}
        error={create.error}
        pointers={["/name", "/cron", "/timezone", "/incremental"]}
        onSubmit={() => {
          if (!create.isPending) create.mutate();
        }}
      >
        <TextField label={own.name} value={shownName} onValue={setName} error={faultAt(faults, "/name")} required />
        <CronField
          cron={cron}
          onCron={setCron}
          timezone={timezone}
          onTimezone={setTimezone}
          errors={{ cron: faultAt(faults, "/cron"), timezone: faultAt(faults, "/timezone") }}
        />
        <CheckField
          label={own.incremental}
          description={own.incrementalHelp}
          checked={incremental}
          onChecked={setIncremental}
          error={faultAt(faults, "/incremental")}
        />
        <button disabled={create.isPending}>{create.isPending ? texts.working : own.create}</button>
      </Form>
    </details>
  );
}
