/** The endpoints, making one, the space's own secret, and how a receiver checks a webhook. */

import { useState } from "preact/hooks";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Empty, Failure, Loading } from "../../ui/states.tsx";
import { Code } from "../../ui/copy.tsx";
import { More, useList } from "../../ui/more.tsx";
import { ShownOnce } from "../../ui/shown-once.tsx";
import { EndpointCard } from "./endpoint-card.tsx";
import { EndpointForm } from "./endpoint-form.tsx";
import { ENDPOINTS_KEY } from "./event-types.ts";
import { SpaceSecret } from "./space-secret.tsx";

/** A space has at most 20. */
const PAGE_SIZE = 50;

/** The endpoints of the space. */
export function useEndpoints() {
  const { spillway } = useSession();
  return useList(ENDPOINTS_KEY, (cursor, signal) =>
    spillway.webhookEndpoints.list({ limit: PAGE_SIZE, ...(cursor !== undefined && { cursor }) }, { signal }).first(),
  );
}

/** A secret that an answer had. */
export interface MadeSecret {
  title: string;
  secret: string;
  /** How the receiver comes to use it. */
  help: string;
}

export function Endpoints() {
  const { door } = useSession();
  const endpoints = useEndpoints();
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<MadeSecret | null>(null);
  const words = texts.webhooks;
  return (
    <>
      {made !== null && (
        <ShownOnce
          title={made.title}
          secrets={[{ label: words.secret, text: made.secret }]}
          onKept={() => setMade(null)}
        >
          <p>{made.help}</p>
        </ShownOnce>
      )}
      <p class="prose">{words.intro}</p>
      <p>
        <button type="button" class="primary" onClick={() => setMaking(true)}>
          {words.make}
        </button>
      </p>
      {endpoints.isPending && <Loading />}
      {endpoints.error !== null && <Failure error={endpoints.error} retry={endpoints.refetch} />}
      {endpoints.data !== undefined && endpoints.items.length === 0 && (
        <Empty title={words.none}>
          <p>{words.noneHelp}</p>
        </Empty>
      )}
      {endpoints.items.map((endpoint) => (
        <EndpointCard key={endpoint.id} endpoint={endpoint} onSecret={setMade} />
      ))}
      <More {...endpoints} />
      {door === "console" && <SpaceSecret onSecret={setMade} />}
      <section aria-labelledby="verify">
        <h2 id="verify">{words.verify}</h2>
        <p class="prose">{words.verifyHelp}</p>
        <Code label={words.verify} text={words.verifyExample} />
      </section>
      {isMaking && (
        <EndpointForm
          endpoint={null}
          onClose={() => setMaking(false)}
          onDone={(done) => {
            setMaking(false);
            if ("secret" in done) setMade({ title: words.made, secret: done.secret, help: words.madeHelp(done.url) });
          }}
        />
      )}
    </>
  );
}
