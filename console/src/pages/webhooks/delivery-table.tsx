/** A table of deliveries: what, to where, how it went, every attempt, and delivering one again. */

import { useMutation, useQueryClient } from "@tanstack/preact-query";
import type { WebhookDelivery, WebhookEndpoint } from "spillway-client";
import { Link } from "wouter-preact";
import { sentenceOf } from "../../session/open-session.ts";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { counted } from "../../ui/format.ts";
import { useSay } from "../../ui/live.tsx";
import { Table } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { answerOf } from "./delivery-state.ts";
import { DELIVERIES_KEY } from "./event-types.ts";

interface Props {
  deliveries: readonly WebhookDelivery[];
  /** To show their addresses. */
  endpoints: readonly WebhookEndpoint[];
}

export function DeliveryTable({ deliveries, endpoints }: Props) {
  const words = texts.deliveries;
  return (
    <Table
      caption={words.title}
      rows={deliveries}
      keyOf={({ id }) => id}
      columns={[
        { heading: words.event, cell: (delivery) => <About delivery={delivery} /> },
        { heading: words.to, cell: (delivery) => receiverOf(delivery, endpoints) },
        { heading: words.status, cell: (delivery) => <State delivery={delivery} /> },
        { heading: words.attempts, cell: (delivery) => <Attempts delivery={delivery} /> },
        { heading: words.created, cell: ({ created_at: at }) => <Time at={at} precision="second" /> },
        { heading: words.actions, cell: (delivery) => <Redeliver delivery={delivery} /> },
      ]}
    />
  );
}

const About = ({ delivery: { type, export_id: exportId, schedule_id: scheduleId } }: { delivery: WebhookDelivery }) => (
  <>
    <strong class="whole">{type}</strong>
    <div class="small">
      {exportId !== null && <Link href={`/exports/${exportId}`}>{texts.deliveries.ofExport(exportId)}</Link>}
      {scheduleId !== null && <Link href={`/schedules/${scheduleId}`}>{texts.deliveries.ofSchedule(scheduleId)}</Link>}
    </div>
  </>
);

function receiverOf({ endpoint_id: id }: WebhookDelivery, endpoints: readonly WebhookEndpoint[]): string {
  if (id === null) return texts.deliveries.callback;
  return endpoints.find((endpoint) => endpoint.id === id)?.url ?? texts.deliveries.deleted;
}

const CLASSES = { pending: "warn", delivered: "good", failed: "bad" } as const;

const State = ({ delivery: { status, next_attempt_at: next } }: { delivery: WebhookDelivery }) => (
  <>
    <span class={CLASSES[status]}>{texts.deliveries.statuses[status]}</span>
    {next !== null && (
      <div class="small">
        {texts.deliveries.next} <Time at={next} precision="second" />
      </div>
    )}
  </>
);

function Attempts({ delivery: { attempts } }: { delivery: WebhookDelivery }) {
  const last = attempts.at(-1);
  if (last === undefined) return <>{texts.deliveries.noAttempt}</>;
  return (
    <details>
      <summary>
        {answerOf(last)} <span class="small">({counted(attempts.length, "attempt")})</span>
      </summary>
      <ol class="attempts">
        {attempts.map((attempt) => (
          <li key={attempt.n} value={attempt.n}>
            <Time at={attempt.at} precision="second" />: {answerOf(attempt)}
          </li>
        ))}
      </ol>
    </details>
  );
}

function Redeliver({ delivery }: { delivery: WebhookDelivery }) {
  const { spillway } = useSession();
  const queries = useQueryClient();
  const say = useSay();
  const words = texts.deliveries;
  const work = useMutation({
    mutationFn: () => spillway.webhookDeliveries.redeliver(delivery.id),
    onSuccess: () => {
      say(words.redelivered);
      void queries.invalidateQueries({ queryKey: DELIVERIES_KEY });
    },
  });
  return (
    <>
      <button
        type="button"
        disabled={work.isPending}
        aria-label={words.redeliverOf(delivery.type, delivery.export_id ?? delivery.schedule_id ?? "")}
        onClick={() => work.mutate()}
      >
        {work.isPending ? texts.working : words.redeliver}
      </button>
      {work.error !== null && (
        <p class="field-error" role="alert">
          {sentenceOf(work.error)}
        </p>
      )}
    </>
  );
}
