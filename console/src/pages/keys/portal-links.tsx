/** A link to the portal, for one person of the space's customer: what it allows, how long, and the link, shown once. */

import { useMutation, useQuery } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { PortalLink } from "spillway-client";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { CheckList } from "../../ui/check-list.tsx";
import { Combobox } from "../../ui/combobox.tsx";
import { SelectField } from "../../ui/field.tsx";
import { faultsOf, Form } from "../../ui/form.tsx";
import { faultAt } from "../../ui/problems.ts";
import { ShownOnce } from "../../ui/shown-once.tsx";
import { Time } from "../../ui/time.tsx";
import { LINK_SCOPES, LINK_SECONDS, type LinkForm, linkRequest, type LinkScope } from "./key-request.ts";

const POINTERS = ["/scopes", "/expires_in_seconds", "/destination_ids"];

export function PortalLinks() {
  const { spillway, scopes } = useSession();
  const allowed = LINK_SCOPES.filter((scope) => scopes.has(scope));
  const [form, setForm] = useState<LinkForm>({
    scopes: allowed.filter((scope) => scope !== "settings:write"),
    seconds: "3600",
    destinationIds: [],
  });
  const [made, setMade] = useState<{ link: PortalLink; form: LinkForm } | null>(null);
  const destinations = useQuery({
    queryKey: ["destinations", "of-links"],
    queryFn: ({ signal }) => spillway.destinations.list({ limit: 50 }, { signal }).first(),
  });
  const work = useMutation({
    mutationFn: () =>
      spillway.request<PortalLink>("POST", "/v1/portal-links", { body: linkRequest(form), repeatable: false }),
    onSuccess: (link) => setMade({ link, form }),
  });
  const faults = faultsOf(work.error);
  const words = texts.links;
  return (
    <section aria-labelledby="portal-links">
      <h2 id="portal-links">{words.title}</h2>
      <p class="prose">{words.intro}</p>
      {made !== null && (
        <ShownOnce
          title={words.made}
          secrets={[{ label: words.link, text: made.link.url }]}
          onKept={() => setMade(null)}
        >
          <p>
            {words.until} <Time at={made.link.expires_at} />. {words.lasts(words.lengths[made.form.seconds])}
          </p>
          <ul>
            {made.form.scopes.map((scope) => (
              <li key={scope}>{words.scopes[scope]}</li>
            ))}
          </ul>
        </ShownOnce>
      )}
      <Form label={words.title} error={work.error} pointers={POINTERS} onSubmit={() => work.mutate()}>
        <CheckList<LinkScope>
          label={words.may}
          options={allowed.map((value) => ({ value, description: words.scopes[value] }))}
          chosen={form.scopes}
          onChosen={(chosen) => setForm({ ...form, scopes: chosen })}
          error={faultAt(faults, "/scopes")}
        />
        <SelectField
          label={words.length}
          description={words.lengthHelp}
          value={form.seconds}
          onValue={(seconds) => setForm({ ...form, seconds: seconds as LinkForm["seconds"] })}
          options={LINK_SECONDS.map((value) => ({ value, label: words.lengths[value] }))}
          error={faultAt(faults, "/expires_in_seconds")}
        />
        <Combobox
          label={words.destinations}
          description={words.destinationsHelp}
          options={(destinations.data?.data ?? []).map(({ id, name, bucket }) => ({
            value: id,
            label: name,
            detail: bucket,
          }))}
          picked={form.destinationIds}
          onPicked={(destinationIds) => setForm({ ...form, destinationIds })}
          multiple
          error={faultAt(faults, "/destination_ids")}
        />
        <button disabled={work.isPending || form.scopes.length === 0}>
          {work.isPending ? texts.working : words.make}
        </button>
      </Form>
    </section>
  );
}
