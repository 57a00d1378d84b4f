/** The fields that most destinations leave as they are: names, encryption, storage class, and the form of addresses. */

import { texts } from "../../texts.ts";
import { SelectField, TextField } from "../../ui/field.tsx";
import { faultAt } from "../../ui/problems.ts";
import type { DestinationForm } from "./form.ts";
import { storeNamed } from "./stores.ts";
import type { FieldsProps } from "./where-fields.tsx";

const t = texts.destinations;
const POINTERS = ["/key_template", "/encryption", "/storage_class", "/path_style"] as const;

export function WriteFields({ form, onForm, faults }: FieldsProps) {
  const store = storeNamed(form.store);
  const set = (part: Partial<DestinationForm>) => onForm({ ...form, ...part });
  const isFaulty = POINTERS.some((pointer) => faultAt(faults, pointer) !== undefined);
  return (
    // A problem must not be hidden; else the person opens and closes it.
    <details key={String(isFaulty)} open={isFaulty}>
      <summary>{t.more}</summary>
      <TextField
        label={t.keyTemplate}
        description={t.keyTemplateHelp}
        value={form.keyTemplate}
        onValue={(keyTemplate) => set({ keyTemplate })}
        error={faultAt(faults, "/key_template")}
        input={{ autocomplete: "off", spellcheck: false }}
      />
      {store.encryption && (
        <SelectField
          label={t.encryption}
          value={form.sse}
          onValue={(sse) => set({ sse: sse as DestinationForm["sse"] })}
          options={[
            { value: "", label: t.encryptions.none },
            { value: "AES256", label: t.encryptions.AES256 },
            { value: "aws:kms", label: t.encryptions["aws:kms"] },
          ]}
          error={form.sse === "aws:kms" ? undefined : faultAt(faults, "/encryption")}
        />
      )}
      {form.sse === "aws:kms" && (
        <TextField
          label={t.kmsKey}
          description={t.kmsKeyHelp}
          value={form.kmsKeyId}
          onValue={(kmsKeyId) => set({ kmsKeyId })}
          error={faultAt(faults, "/encryption")}
          input={{ autocomplete: "off", spellcheck: false }}
        />
      )}
      <TextField
        label={t.storageClass}
        description={t.storageClassHelp}
        value={form.storageClass}
        onValue={(storageClass) => set({ storageClass })}
        error={faultAt(faults, "/storage_class")}
        input={{ autocomplete: "off", spellcheck: false }}
      />
      <SelectField
        label={t.pathStyle}
        value={form.pathStyle}
        onValue={(pathStyle) => set({ pathStyle: pathStyle as DestinationForm["pathStyle"] })}
        options={[
          { value: "", label: t.pathStyles.byStore },
          { value: "true", label: t.pathStyles.path },
          { value: "false", label: t.pathStyles.host },
        ]}
        error={faultAt(faults, "/path_style")}
      />
    </details>
  );
}
