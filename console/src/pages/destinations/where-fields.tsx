/** The fields of where a destination is: the store, the bucket in it, and how objects are written there. */

import type { Fault } from "spillway-client";
import { texts } from "../../texts.ts";
import { SelectField, TextField } from "../../ui/field.tsx";
import { faultAt } from "../../ui/problems.ts";
import { type DestinationForm, withStore } from "./form.ts";
import { PLACEHOLDER, storeNamed, STORES } from "./stores.ts";
import { WriteFields } from "./write-fields.tsx";

export interface FieldsProps {
  form: DestinationForm;
  onForm: (form: DestinationForm) => void;
  /** What the service found wrong. */
  faults: readonly Fault[];
}

const t = texts.destinations;
const PLAIN = { autocomplete: "off", spellcheck: false, autocapitalize: "none" } as const;

export function WhereFields({ form, onForm, faults }: FieldsProps) {
  const store = storeNamed(form.store);
  const set = (part: Partial<DestinationForm>) => onForm({ ...form, ...part });
  return (
    <>
      <TextField
        label={t.name}
        description={t.nameHelp}
        value={form.name}
        onValue={(name) => set({ name })}
        error={faultAt(faults, "/name")}
        required
        input={{ autocomplete: "off" }}
      />
      <SelectField
        label={t.store}
        description={t.storeNotes[form.store]}
        value={form.store}
        onValue={(id) => onForm(withStore(form, id as DestinationForm["store"]))}
        options={STORES.map(({ id }) => ({ value: id, label: t.stores[id] }))}
        error={faultAt(faults, "/provider")}
      />
      {store.endpoint !== null && (
        <TextField
          label={t.endpoint}
          description={store.endpoint.includes(PLACEHOLDER) ? t.endpointReplace : t.endpointHelp}
          type="url"
          value={form.endpoint}
          onValue={(endpoint) => set({ endpoint })}
          error={faultAt(faults, "/endpoint")}
          required
          input={{ ...PLAIN, pattern: `(?!.*${PLACEHOLDER}).*`, title: t.endpointReplace }}
        />
      )}
      <div class="row destination-place">
        <TextField
          label={t.bucket}
          description={t.bucketHelp}
          value={form.bucket}
          onValue={(bucket) => set({ bucket })}
          error={faultAt(faults, "/bucket")}
          required
          input={PLAIN}
        />
        <TextField
          label={t.region}
          description={t.regionHelp}
          value={form.region}
          onValue={(region) => set({ region })}
          error={faultAt(faults, "/region")}
          required
          input={PLAIN}
        />
      </div>
      <TextField
        label={t.directoryPath}
        description={t.directoryPathHelp}
        value={form.directoryPath}
        onValue={(directoryPath) => set({ directoryPath })}
        error={faultAt(faults, "/directory_path")}
        input={PLAIN}
      />
      {store.roles && (
        <SelectField
          label={t.access}
          description={t.accessNotes[form.access]}
          value={form.access}
          onValue={(access) => set({ access: access as DestinationForm["access"] })}
          options={[
            { value: "role", label: t.accesses.role },
            { value: "keys", label: t.accesses.keys },
          ]}
          error={faultAt(faults, "/auth/type")}
        />
      )}
      <WriteFields form={form} onForm={onForm} faults={faults} />
    </>
  );
}
