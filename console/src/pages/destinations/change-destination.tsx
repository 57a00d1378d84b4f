/** The change of a destination: all that the service lets change, in the fields that it was made with. */

import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { Destination } from "spillway-client";
import { Link, useLocation, useSearchParams } from "wouter-preact";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { faultsOf, Form } from "../../ui/form.tsx";
import { useSay } from "../../ui/live.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { AccessFields } from "./access-fields.tsx";
import { changesOf, formOf } from "./form.ts";
import { ACCESS_POINTERS, WHERE_POINTERS } from "./places.ts";
import { DESTINATIONS, useDestination } from "./queries.ts";
import { WhereFields } from "./where-fields.tsx";

const t = texts.destinations;

export const ChangeDestination = ({ id }: { id: string }) => (
  <Page title={t.changeTitle}>
    <Loaded query={useDestination(id)}>{(destination) => <ChangeForm destination={destination} />}</Loaded>
  </Page>
);

function ChangeForm({ destination }: { destination: Destination }) {
  const { spillway } = useSession();
  const queries = useQueryClient();
  const say = useSay();
  const [, navigate] = useLocation();
  const [search] = useSearchParams();
  // What is being edited stays what it was when the form was opened.
  const [before] = useState(destination);
  const [form, setForm] = useState(() => formOf(destination));
  const after = `/destinations/${destination.id}${search.get("next") === "test" ? "/test" : ""}`;
  const changes = changesOf(before, form);
  const work = useMutation({
    // It holds the secret: forgotten as soon as this page is left.
    gcTime: 0,
    mutationFn: () => spillway.destinations.change(destination.id, changes),
    onSuccess: async () => {
      setForm((sent) => ({ ...sent, secretAccessKey: "" }));
      await queries.invalidateQueries({ queryKey: DESTINATIONS });
      say(t.saved);
      navigate(after);
    },
  });
  const faults = faultsOf(work.error);
  const { auth } = before;
  const keepsSecret = auth.type === "keys" && form.accessKeyId.trim() === auth.access_key_id;
  return (
    <>
      <p class="prose">{t.changeHelp}</p>
      <Form
        label={t.changeTitle}
        error={work.error}
        pointers={[...WHERE_POINTERS, ...ACCESS_POINTERS]}
        onSubmit={() => work.mutate()}
      >
        <WhereFields form={form} onForm={setForm} faults={faults} />
        <AccessFields form={form} onForm={setForm} faults={faults} keepsSecret={keepsSecret} />
        <div class="row">
          <Link class="button" href={after}>
            {texts.cancel}
          </Link>
          <button class="primary" disabled={work.isPending || Object.keys(changes).length === 0}>
            {work.isPending ? texts.working : texts.save}
          </button>
        </div>
      </Form>
    </>
  );
}
