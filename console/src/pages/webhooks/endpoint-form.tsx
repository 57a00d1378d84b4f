/** The form of an endpoint, a new one or one that is there: its address and the events that it receives. */

import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { NewWebhookEndpoint, WebhookEndpoint } from "spillway-client";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { CheckList } from "../../ui/check-list.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { faultsOf, Form } from "../../ui/form.tsx";
import { faultAt } from "../../ui/problems.ts";
import { ENDPOINTS_KEY, EVENT_TYPES, type EventType } from "./event-types.ts";

const POINTERS = ["/url", "/event_types"];

interface Props {
  /** Null: a new one. */
  endpoint: WebhookEndpoint | null;
  onDone: (endpoint: WebhookEndpoint | NewWebhookEndpoint) => void;
  onClose: () => void;
}

export function EndpointForm({ endpoint, onDone, onClose }: Props) {
  const { spillway } = useSession();
  const queries = useQueryClient();
  const [url, setUrl] = useState(endpoint?.url ?? "");
  const [types, setTypes] = useState<readonly EventType[]>(endpoint?.event_types ?? EVENT_TYPES);
  const work = useMutation({
    mutationFn: (): Promise<WebhookEndpoint | NewWebhookEndpoint> => {
      const body = { url: url.trim(), event_types: [...types] };
      return endpoint === null
        ? spillway.webhookEndpoints.create(body)
        : spillway.webhookEndpoints.change(endpoint.id, body);
    },
    onSuccess: (done) => {
      void queries.invalidateQueries({ queryKey: ENDPOINTS_KEY });
      onDone(done);
    },
  });
  const faults = faultsOf(work.error);
  const words = texts.webhooks;
  const title = endpoint === null ? words.make : words.change;
  return (
    <Dialog title={title} onClose={onClose}>
      <Form label={title} error={work.error} pointers={POINTERS} onSubmit={() => work.mutate()}>
        <TextField
          label={words.url}
          description={words.urlHelp}
          type="url"
          value={url}
          onValue={setUrl}
          error={faultAt(faults, "/url")}
          required
          input={{ placeholder: "https://", maxLength: 2_000, spellcheck: false }}
        />
        <CheckList<EventType>
          label={words.events}
          options={EVENT_TYPES.map((value) => ({ value, description: words.types[value] }))}
          chosen={types}
          onChosen={setTypes}
          error={faultAt(faults, "/event_types")}
        />
        <footer>
          <button type="button" onClick={onClose}>
            {texts.cancel}
          </button>
          <button class="primary" disabled={work.isPending || types.length === 0}>
            {work.isPending ? texts.working : endpoint === null ? words.make : texts.save}
          </button>
        </footer>
      </Form>
    </Dialog>
  );
}
