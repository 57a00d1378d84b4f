/** API keys, links to the portal that a key makes, and how the portal looks. */

import { useQueryClient } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { NewApiKey } from "spillway-client";
import { texts } from "../../texts.ts";
import { Page } from "../../ui/page.tsx";
import { ShownOnce } from "../../ui/shown-once.tsx";
import { KeyList, KEYS } from "./key-list.tsx";
import { NewKey } from "./new-key.tsx";
import { PortalLinks } from "./portal-links.tsx";
import { PortalLook } from "./portal-look.tsx";

export function KeysPage() {
  const queries = useQueryClient();
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<NewApiKey | null>(null);
  const words = texts.keys;
  return (
    <Page
      title={texts.frame.nav.keys}
      actions={
        <button type="button" class="primary" onClick={() => setMaking(true)}>
          {words.make}
        </button>
      }
    >
      {made !== null && (
        <ShownOnce
          title={words.made(made.name)}
          secrets={[{ label: words.key, text: made.key }]}
          onKept={() => setMade(null)}
        >
          {made.origins !== null && <p>{words.madeForPages}</p>}
        </ShownOnce>
      )}
      <p class="prose">{words.intro}</p>
      <KeyList />
      <PortalLinks />
      <PortalLook />
      {isMaking && (
        <NewKey
          onClose={() => setMaking(false)}
          onMade={(key) => {
            setMaking(false);
            setMade(key);
            void queries.invalidateQueries({ queryKey: KEYS });
          }}
        />
      )}
    </Page>
  );
}
