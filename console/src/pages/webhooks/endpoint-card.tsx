/** One endpoint: where it is, what it receives, whether it is paused and why, and what can be done to it. */

import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { useId, useState } from "preact/hooks";
import type { WebhookEndpoint } from "spillway-client";
import { Link } from "wouter-preact";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { useSay } from "../../ui/live.tsx";
import { Failure } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import type { MadeSecret } from "./endpoints.tsx";
import { EndpointForm } from "./endpoint-form.tsx";
import { ENDPOINTS_KEY } from "./event-types.ts";
import { RotateSecret } from "./rotate-secret.tsx";

interface Props {
  endpoint: WebhookEndpoint;
  onSecret: (made: MadeSecret) => void;
}

export function EndpointCard({ endpoint, onSecret }: Props) {
  const { spillway } = useSession();
  const queries = useQueryClient();
  const say = useSay();
  const id = useId();
  const [doing, setDoing] = useState<"change" | "rotate" | "delete" | null>(null);
  const words = texts.webhooks;
  const changed = (message: string) => {
    setDoing(null);
    say(message);
    void queries.invalidateQueries({ queryKey: ENDPOINTS_KEY });
  };
  const toggling = useMutation({
    mutationFn: () => spillway.webhookEndpoints.change(endpoint.id, { enabled: !endpoint.enabled }),
    onSuccess: ({ enabled }) => changed(enabled ? words.resumed : words.paused),
  });
  const close = () => setDoing(null);
  return (
    <section class="card endpoint" aria-labelledby={id}>
      <h3 id={id}>{endpoint.url}</h3>
      <dl class="facts">
        <dt>{words.state}</dt>
        <dd class={endpoint.enabled ? "good" : "warn"}>{stateOf(endpoint)}</dd>
        <dt>{words.events}</dt>
        <dd>{endpoint.event_types.join(", ")}</dd>
        <dt>{words.created}</dt>
        <dd>
          <Time at={endpoint.created_at} />
        </dd>
      </dl>
      {toggling.error !== null && <Failure error={toggling.error} />}
      <div class="row">
        <Link class="button" href={`/webhooks/deliveries?endpoint_id=${endpoint.id}`}>
          {texts.deliveries.title}
        </Link>
        <button type="button" onClick={() => setDoing("change")}>
          {words.change}
        </button>
        <button type="button" disabled={toggling.isPending} onClick={() => toggling.mutate()}>
          {endpoint.enabled ? words.pause : words.resume}
        </button>
        <button type="button" onClick={() => setDoing("rotate")}>
          {words.rotate}
        </button>
        <button type="button" class="danger" onClick={() => setDoing("delete")}>
          {words.delete}
        </button>
      </div>
      {doing === "change" && <EndpointForm endpoint={endpoint} onClose={close} onDone={() => changed(words.changed)} />}
      {doing === "rotate" && (
        <RotateSecret
          about={endpoint.url}
          rotate={() => spillway.webhookEndpoints.rotateSecret(endpoint.id)}
          onSecret={onSecret}
          onClose={close}
        />
      )}
      {doing === "delete" && (
        <Confirm
          title={words.deleteTitle}
          action={words.delete}
          run={() => spillway.webhookEndpoints.delete(endpoint.id)}
          onDone={() => changed(words.deleted)}
          onClose={close}
        >
          <p>
            <strong>{endpoint.url}</strong>
          </p>
          <p>{words.deleteHelp}</p>
        </Confirm>
      )}
    </section>
  );
}

function stateOf({ enabled, disabled_reason: reason }: WebhookEndpoint): string {
  const { states } = texts.webhooks;
  if (enabled) return states.enabled;
  return reason === "gone" ? states.gone : states.paused;
}
