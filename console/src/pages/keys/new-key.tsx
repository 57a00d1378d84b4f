/** The form of a new key: its name, what it may do, how long, and for web pages of which origins. */

import { useMutation } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { NewApiKey } from "spillway-client";
import { type Scope, useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { CheckList } from "../../ui/check-list.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { CheckField, Field, SelectField, TextField } from "../../ui/field.tsx";
import { faultsOf, Form } from "../../ui/form.tsx";
import { faultAt } from "../../ui/problems.ts";
import { keyRequest, type Lasting, LASTING, NEW_KEY } from "./key-request.ts";

interface Props {
  onMade: (key: NewApiKey) => void;
  onClose: () => void;
}

const POINTERS = ["/name", "/scopes", "/origins", "/expires_at"];

export function NewKey({ onMade, onClose }: Props) {
  const { spillway, scopes, space } = useSession();
  const [form, setForm] = useState(NEW_KEY);
  const work = useMutation({
    mutationFn: () => spillway.apiKeys.create(keyRequest(form, Date.now(), space.timezone)),
    onSuccess: onMade,
  });
  const faults = faultsOf(work.error);
  const words = texts.keys.form;
  // A key gives no scope that it lacks itself.
  const options = [...scopes].map((value) => ({ value, description: texts.scopes[value] }));
  return (
    <Dialog title={texts.keys.make} onClose={onClose}>
      <Form label={texts.keys.make} error={work.error} pointers={POINTERS} onSubmit={() => work.mutate()}>
        <TextField
          label={words.name}
          description={words.nameHelp}
          value={form.name}
          onValue={(name) => setForm({ ...form, name })}
          error={faultAt(faults, "/name")}
          required
          input={{ maxLength: 200 }}
        />
        {scopes.has("events:write") && (
          <CheckField
            label={words.forPages}
            description={words.forPagesHelp}
            checked={form.forPages}
            onChecked={(forPages) => setForm({ ...form, forPages })}
          />
        )}
        {form.forPages ? (
          <Field
            label={words.origins}
            description={words.originsHelp}
            error={faultAt(faults, "/origins") ?? faultAt(faults, "/scopes")}
            required
          >
            {(control) => (
              <textarea
                {...control}
                value={form.origins}
                onInput={(event) => setForm({ ...form, origins: event.currentTarget.value })}
              />
            )}
          </Field>
        ) : (
          <CheckList<Scope>
            label={words.scopes}
            options={options}
            chosen={form.scopes}
            onChosen={(chosen) => setForm({ ...form, scopes: chosen })}
            error={faultAt(faults, "/scopes")}
          />
        )}
        <SelectField
          label={words.lasting}
          value={form.lasting}
          onValue={(lasting) => setForm({ ...form, lasting: lasting as Lasting })}
          options={LASTING.map((value) => ({ value, label: words.lastings[value] }))}
          error={form.lasting === "until" ? undefined : faultAt(faults, "/expires_at")}
        />
        {form.lasting === "until" && (
          <TextField
            label={words.until}
            description={words.untilHelp(space.timezone)}
            type="datetime-local"
            value={form.until}
            onValue={(until) => setForm({ ...form, until })}
            error={faultAt(faults, "/expires_at")}
            required
          />
        )}
        <footer>
          <button type="button" onClick={onClose}>
            {texts.cancel}
          </button>
          <button class="primary" disabled={work.isPending || (!form.forPages && form.scopes.length === 0)}>
            {work.isPending ? texts.working : texts.keys.make}
          </button>
        </footer>
      </Form>
    </Dialog>
  );
}
