/** The operator's list of spaces: make one, open it in the console, move, change, deactivate and delete it. */

import { useState } from "preact/hooks";
import type { NewSpace, Space, Spillway } from "spillway-client";
import { texts } from "../../texts.ts";
import { Messages } from "../../ui/live.tsx";
import { ShownOnce } from "../../ui/shown-once.tsx";
import { useTitle } from "../../ui/title.ts";
import { useHomes } from "./homes.tsx";
import { SpaceForm } from "./space-form.tsx";
import { SpaceList } from "./space-list.tsx";

interface Props {
  operator: Spillway;
  /** Why the space that was open is not any more; null: there was none, or the operator left it. */
  reason: string | null;
  /** @throws what the service answers. */
  onOpen: (space: Space) => Promise<void>;
  onSignOut: () => void;
}

export function SpacesPage({ operator, reason, onOpen, onSignOut }: Props) {
  useTitle(texts.spaces.title);
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<NewSpace | null>(null);
  const homes = useHomes(operator);
  const words = texts.spaces;
  return (
    <Messages>
      <header class="top">
        <strong>{words.operator}</strong>
        <button type="button" onClick={onSignOut}>
          {texts.frame.signOut}
        </button>
      </header>
      <main class="alone">
        <header class="page-head">
          <h1>{words.title}</h1>
          <div class="actions">
            <button type="button" class="primary" onClick={() => setMaking(true)}>
              {words.make}
            </button>
          </div>
        </header>
        {reason !== null && (
          <p class="failure" role="alert">
            {reason}
          </p>
        )}
        {made !== null && (
          <ShownOnce
            title={words.made(made.name)}
            secrets={[
              { label: words.firstKey, text: made.api_key },
              { label: words.webhookSecret, text: made.webhook_secret },
            ]}
            onKept={() => setMade(null)}
          >
            <p>{words.madeHelp}</p>
          </ShownOnce>
        )}
        <SpaceList operator={operator} homes={homes} onOpen={onOpen} />
        {isMaking && (
          <SpaceForm
            operator={operator}
            homes={homes}
            space={null}
            onClose={() => setMaking(false)}
            onDone={(space) => {
              setMaking(false);
              if ("api_key" in space) setMade(space);
            }}
          />
        )}
      </main>
    </Messages>
  );
}
