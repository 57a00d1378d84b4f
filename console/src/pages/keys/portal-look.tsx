/** How the portal looks, and which pages may frame it: the company's name and colour, with the contrast of its text. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { Space } from "spillway-client";
import { textOn } from "../../../../src/http/spaces/contrast.ts";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Field, TextField } from "../../ui/field.tsx";
import { faultsOf, Form } from "../../ui/form.tsx";
import { useSay } from "../../ui/live.tsx";
import { faultAt } from "../../ui/problems.ts";
import { Failure, Loading } from "../../ui/states.tsx";
import { wordsIn } from "./key-request.ts";

const SPACE = ["space"] as const;
const COLOUR = /^#[0-9a-f]{6}$/i;
/** Shown by the colour picker where the space has no colour: the portal's own. */
const OWN_COLOUR = "#0b6478";
const POINTERS = ["/branding/name", "/branding/accent", "/portal_origins"];

export function PortalLook() {
  const { spillway } = useSession();
  const space = useQuery({ queryKey: SPACE, queryFn: ({ signal }) => spillway.space.get({ signal }) });
  return (
    <section aria-labelledby="portal-look">
      <h2 id="portal-look">{texts.look.title}</h2>
      <p class="prose">{texts.look.intro}</p>
      {space.isPending && <Loading />}
      {space.error !== null && <Failure error={space.error} retry={space.refetch} />}
      {space.data !== undefined && <LookForm space={space.data} />}
    </section>
  );
}

function LookForm({ space }: { space: Space }) {
  const { spillway } = useSession();
  const queries = useQueryClient();
  const say = useSay();
  const [name, setName] = useState(space.branding.name ?? "");
  const [accent, setAccent] = useState(space.branding.accent ?? "");
  const [origins, setOrigins] = useState(space.portal_origins.join("\n"));
  const work = useMutation({
    mutationFn: () =>
      spillway.space.change({
        branding: {
          name: name.trim() === "" ? null : name.trim(),
          accent: accent.trim() === "" ? null : accent.trim(),
        },
        portal_origins: wordsIn(origins),
      }),
    onSuccess: (changed) => {
      queries.setQueryData(SPACE, changed);
      say(texts.look.saved);
    },
  });
  const faults = faultsOf(work.error);
  const words = texts.look;
  return (
    <Form label={words.title} error={work.error} pointers={POINTERS} onSubmit={() => work.mutate()}>
      <TextField
        label={words.name}
        description={words.nameHelp(space.name)}
        value={name}
        onValue={setName}
        error={faultAt(faults, "/branding/name")}
        input={{ maxLength: 100 }}
      />
      <div class="row colour">
        <TextField
          label={words.accent}
          description={words.accentHelp}
          value={accent}
          onValue={setAccent}
          error={faultAt(faults, "/branding/accent")}
          input={{ placeholder: OWN_COLOUR, spellcheck: false, autocomplete: "off" }}
        />
        <input
          type="color"
          aria-label={words.pick}
          value={COLOUR.test(accent) ? accent : OWN_COLOUR}
          onInput={(event) => setAccent(event.currentTarget.value)}
        />
      </div>
      <Preview name={name.trim() === "" ? space.name : name} accent={COLOUR.test(accent) ? accent : OWN_COLOUR} />
      <Field label={words.origins} description={words.originsHelp} error={faultAt(faults, "/portal_origins")}>
        {(control) => (
          <textarea {...control} value={origins} onInput={(event) => setOrigins(event.currentTarget.value)} />
        )}
      </Field>
      <button disabled={work.isPending}>{work.isPending ? texts.working : words.save}</button>
    </Form>
  );
}

/** The portal's bar in the colour, and how well its text can be read. */
function Preview({ name, accent }: { name: string; accent: string }) {
  const { colour, ratio } = textOn(accent);
  const ink = colour === "#000000" ? texts.look.black : texts.look.white;
  return (
    <figure class="look" aria-label={texts.look.preview}>
      <div style={{ background: accent, color: colour }}>
        <strong>{name}</strong>
      </div>
      <figcaption class="small">{texts.look.contrast(ink, ratio.toFixed(1))}</figcaption>
    </figure>
  );
}
