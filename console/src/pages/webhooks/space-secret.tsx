/** The space's own secret, which signs the webhooks to the `callback_url` of an export. */

import { useState } from "preact/hooks";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import type { MadeSecret } from "./endpoints.tsx";
import { RotateSecret } from "./rotate-secret.tsx";

export function SpaceSecret({ onSecret }: { onSecret: (made: MadeSecret) => void }) {
  const { spillway } = useSession();
  const [isAsked, setAsked] = useState(false);
  const words = texts.webhooks;
  const rotate = async () => {
    const { webhook_secret: secret, previous_secret_expires_at } = await spillway.space.rotateWebhookSecret();
    return { secret, previous_secret_expires_at };
  };
  return (
    <section aria-labelledby="space-secret">
      <h2 id="space-secret">{words.spaceSecret}</h2>
      <p class="prose">{words.spaceSecretHelp}</p>
      <button type="button" onClick={() => setAsked(true)}>
        {words.rotateSpace}
      </button>
      {isAsked && (
        <RotateSecret about={words.spaceSecret} rotate={rotate} onSecret={onSecret} onClose={() => setAsked(false)} />
      )}
    </section>
  );
}
