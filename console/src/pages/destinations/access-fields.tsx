/**
 * What lets the service write into the bucket: a role's ARN, or access keys. A secret is typed and sent, never shown.
 */

import { texts } from "../../texts.ts";
import { TextField } from "../../ui/field.tsx";
import { faultAt } from "../../ui/problems.ts";
import type { DestinationForm } from "./form.ts";
import type { FieldsProps } from "./where-fields.tsx";

interface Props extends FieldsProps {
  /** Leaves the secret as it is where the field stays empty. */
  keepsSecret?: boolean;
}

const t = texts.destinations;
const PLAIN = { autocomplete: "off", spellcheck: false, autocapitalize: "none" } as const;

export function AccessFields({ form, onForm, faults, keepsSecret = false }: Props) {
  const set = (part: Partial<DestinationForm>) => onForm({ ...form, ...part });
  if (form.access === "role")
    return (
      <TextField
        label={t.roleArn}
        description={t.roleArnHelp}
        value={form.roleArn}
        onValue={(roleArn) => set({ roleArn })}
        error={faultAt(faults, "/auth/role_arn")}
        required
        input={PLAIN}
      />
    );
  return (
    <>
      <TextField
        label={t.accessKeyId}
        value={form.accessKeyId}
        onValue={(accessKeyId) => set({ accessKeyId })}
        error={faultAt(faults, "/auth/access_key_id")}
        required
        input={PLAIN}
      />
      <TextField
        label={t.secret}
        description={keepsSecret ? t.secretKept : t.secretHelp}
        type="password"
        value={form.secretAccessKey}
        onValue={(secretAccessKey) => set({ secretAccessKey })}
        error={faultAt(faults, "/auth/secret_access_key")}
        required={!keepsSecret}
        input={{ ...PLAIN, autocomplete: "new-password" }}
      />
    </>
  );
}
