/** The form of an export: what, in which shape, where to; beside it the estimate; then the review, and every night. */

import { useMutation } from "@tanstack/preact-query";
import { useRef, useState } from "preact/hooks";
import { type Fault } from "spillway-client";
import { DATASETS } from "virtual:export-schemas";
import { useLocation } from "wouter-preact";
import type { ExportRequest } from "spillway-client";
import { useMay, useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { faultsOf, Form } from "../../ui/form.tsx";
import { useSay } from "../../ui/live.tsx";
import { faultAt } from "../../ui/problems.ts";
import { columnPaths } from "./column-paths.ts";
import { DatasetChoice } from "./dataset-choice.tsx";
import { draftOf, forgetDraft, keepDraft, keyFor } from "./draft.ts";
import { EstimatePanel } from "./estimate-panel.tsx";
import { FieldControl } from "./field-control.tsx";
import { fieldsOf, type FormField, type Picked, type Section } from "./fields.ts";
import { Nightly } from "./nightly.tsx";
import { withValues } from "./problems.ts";
import { type FormState, isComplete, requestOf, scheduledRequestOf } from "./request.ts";
import { Review } from "./review.tsx";
import { useEstimate } from "./use-estimate.ts";
import { useNames } from "./use-names.ts";
import { WindowFields } from "./window-fields.tsx";
import { windowsOf } from "./windows.ts";

const own = texts.newExport;

interface Props {
  /** What the form shows first. */
  first: FormState;
  /** The export that it was filled from; null: none. */
  from: string | null;
}

export function ExportForm({ first, from }: Props) {
  const session = useSession();
  const mayRead = useMay("exports:read");
  const maySchedule = useMay("settings:write");
  const [, navigate] = useLocation();
  const say = useSay();
  const [form, setForm] = useState(first);
  const [scheduleFaults, setScheduleFaults] = useState<readonly Fault[]>([]);
  const [waitSeconds, setWaitSeconds] = useState<number | null>(null);
  const dataset = DATASETS.find(({ name }) => name === form.dataset);
  if (dataset === undefined) throw new Error(`There is no dataset ${form.dataset}.`);

  const request = requestOf(dataset, form);
  const text = JSON.stringify(request);
  const estimate = useEstimate(text, isComplete(dataset, form));
  // A double click comes before the button is shown as disabled.
  const sending = useRef(false);
  const create = useMutation({
    onSettled: () => {
      sending.current = false;
    },
    mutationFn: () => {
      keepDraft(session, form, from);
      const key = keyFor(draftOf(session) ?? { keys: new Map<string, string>() }, text, () => crypto.randomUUID());
      setWaitSeconds(null);
      const onRetry = ({ waitMs }: { waitMs: number }) => setWaitSeconds(Math.ceil(waitMs / 1000));
      return session.spillway.exports.create(request as unknown as ExportRequest, { idempotencyKey: key, onRetry });
    },
    onSuccess: ({ id }) => {
      forgetDraft(session);
      say(own.created);
      if (mayRead) navigate(`/exports/${id}`);
    },
  });
  const change = (changed: FormState) => {
    setForm(changed);
    keepDraft(session, changed, from);
    // What was wrong with the request before may be right now.
    setScheduleFaults([]);
    if (!create.isPending) create.reset();
  };

  const fields = fieldsOf(dataset);
  const bounds = new Set<string>(windowsOf(dataset).flat());
  const faults = withValues(
    answeredFaults([create.error, estimate.state === "failed" ? estimate.error : null], scheduleFaults),
    request,
  );
  const errorOf = (name: string) => faultAt(faults, `/${name}`);
  const names = useNames(picksOf(fields, form));
  const paths = columnPaths(dataset, request, names.defined);
  const controls = (section: Section) =>
    fields
      .filter((field) => field.section === section && !bounds.has(field.name))
      .filter(({ name }) => name !== "csv_escape_formulas" || form.values["format"] === "csv")
      .map((field) => (
        <FieldControl
          key={`${dataset.name} ${field.name}`}
          field={field}
          values={form.values}
          onValue={(name, value) => change({ ...form, values: { ...form.values, [name]: value } })}
          error={errorOf(field.name)}
          names={names}
          paths={paths}
        />
      ));
  const more = controls("more");
  const hasFaultInMore = fields.some(({ name, section }) => section === "more" && errorOf(name) !== undefined);
  return (
    <div class="new-export">
      <div>
        <Form
          label={texts.frame.nav.newExport}
          error={create.error}
          pointers={Object.keys(dataset.fields).map((name) => `/${name}`)}
          onSubmit={() => {
            if (sending.current) return;
            sending.current = true;
            create.mutate();
          }}
        >
          <h2>{own.sections.what}</h2>
          <DatasetChoice
            datasets={DATASETS}
            chosen={dataset.name}
            onChosen={(name) => change({ ...form, dataset: name, window: "" })}
          />
          <WindowFields dataset={dataset} form={form} onForm={change} errorOf={errorOf} />
          {controls("what")}
          <h2>{own.sections.shape}</h2>
          {controls("shape")}
          {more.length > 0 && (
            <details open={hasFaultInMore}>
              <summary>{own.more}</summary>
              {more}
            </details>
          )}
          <h2>{own.sections.where}</h2>
          {controls("where")}
          <h2>{own.sections.review}</h2>
          <Review request={request} />
          {waitSeconds !== null && create.isPending && (
            <p class="warn" role="status">
              {own.waits(waitSeconds)}
            </p>
          )}
          <button class="primary" disabled={create.isPending}>
            {create.isPending ? texts.working : own.create}
          </button>
        </Form>
        {maySchedule && <Nightly request={scheduledRequestOf(dataset, form)} onFaults={setScheduleFaults} />}
      </div>
      <aside>
        <EstimatePanel estimate={estimate} />
      </aside>
    </div>
  );
}

/** What the last calls found wrong with the request: the create's word counts before the others'. */
function answeredFaults(errors: readonly unknown[], others: readonly Fault[]): readonly Fault[] {
  return [...errors.map(faultsOf), others].find((faults) => faults.length > 0) ?? [];
}

/** What the form's fields pick from; columns are those of definitions. */
function picksOf(fields: readonly FormField[], { dataset }: FormState): ReadonlySet<Picked> {
  const picks = fields.flatMap(({ control }) =>
    (control.kind === "list" || control.kind === "pick") && control.picks !== null ? [control.picks] : [],
  );
  const rows = DATASETS.find(({ name }) => name === dataset)?.rows ?? [];
  const members = rows.flatMap(({ open }) => open.map((place) => place.members));
  return new Set<Picked>([
    ...picks,
    ...(members.includes("properties") ? (["events"] as const) : []),
    ...(members.includes("attributes") ? (["attributes"] as const) : []),
  ]);
}
