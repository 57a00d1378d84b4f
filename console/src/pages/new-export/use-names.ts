/** What the space defines, to pick from: read once, and only where the form asks for it and the session may see it. */

import { useQuery } from "@tanstack/preact-query";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import type { Option } from "../../ui/combobox.tsx";
import type { Defined, Definition } from "./column-paths.ts";
import type { Picked } from "./fields.ts";

const PAGE = { limit: 200 };
const FRESH_MS = 60_000;

/** Identifiers are not defined anywhere: these every space may have. Others are typed. */
const IDENTIFIERS = ["external_person_id", "custom_id", "installation_ids"].map((value) => ({ value, label: value }));

export interface Names {
  options: Readonly<Record<Picked, readonly Option[]>>;
  defined: Defined;
}

interface Named {
  id: string;
  name: string;
}

/** What a session reads of a definition of events: one of a portal gets its id and its name alone. */
interface DefinitionRead extends Named, Definition {
  enabled?: boolean;
}

const optionOf = ({ id, name }: Named, detail?: string): Option => ({
  value: id,
  label: id,
  detail: [name === id ? "" : name, detail ?? ""].filter((part) => part !== "").join(" · "),
});

/** @param asked what the form's fields pick from. */
export function useNames(asked: ReadonlySet<Picked>): Names {
  const { spillway, door, scopes } = useSession();
  // A portal session that may make exports may read the names for its forms.
  const mayRead = (scope: "events:read" | "profiles:read") => door === "portal" || scopes.has(scope);
  const useOnce = <Item>(name: Picked, isAllowed: boolean, read: (signal: AbortSignal) => Promise<Item[]>) =>
    useQuery({
      queryKey: ["names", name],
      enabled: isAllowed && asked.has(name),
      staleTime: FRESH_MS,
      queryFn: ({ signal }) => read(signal),
    }).data ?? [];
  const definitions: readonly DefinitionRead[] = useOnce("events", mayRead("events:read"), (signal) =>
    spillway.eventDefinitions.list(PAGE, { signal }).all(),
  );
  const ofProfiles = mayRead("profiles:read");
  const attributes = useOnce("attributes", ofProfiles, (signal) => spillway.attributes.list(PAGE, { signal }).all());
  const tags = useOnce("tags", ofProfiles, (signal) => spillway.tags.list(PAGE, { signal }).all());
  const segments = useOnce("segments", ofProfiles, (signal) => spillway.segments.list(PAGE, { signal }).all());
  return {
    options: {
      events: definitions.map((each) => optionOf(each, each.enabled === false ? texts.newExport.disabled : "")),
      attributes: attributes.map((each) => optionOf(each)),
      tags: tags.map((each) => optionOf(each)),
      segments: segments.map((each) => ({ value: each.id, label: each.name, detail: each.id })),
      identifiers: IDENTIFIERS,
    },
    defined: { definitions, attributes: attributes.map(({ id }) => id) },
  };
}
