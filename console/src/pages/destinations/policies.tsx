/**
 * The policies that let the service write into the bucket of a form, ready to paste, with the external id of the
 * space.
 */

import { useQuery } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { DestinationPolicies, GetDestinationPoliciesData, Spillway } from "spillway-client";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Code } from "../../ui/copy.tsx";
import { CheckField } from "../../ui/field.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import type { DestinationForm } from "./form.ts";

const t = texts.destinations;

/** Reads the policies of what a form has so far. @param verify with the permission that telling missing files needs. */
export function policiesQuery(spillway: Spillway, form: DestinationForm, verify: boolean) {
  const [directoryPath, key] = [form.directoryPath.trim(), form.kmsKeyId.trim()];
  const query: GetDestinationPoliciesData["query"] = {
    bucket: form.bucket.trim(),
    ...(directoryPath !== "" && { directory_path: directoryPath }),
    // The policy names a key by its ARN alone: an alias or an id is left to the person.
    ...(form.sse === "aws:kms" && key.startsWith("arn:") && { kms_key_arn: key }),
    ...(verify && { verify: "true" as const }),
  };
  return {
    queryKey: ["policies", query] as const,
    queryFn: ({ signal }: { signal: AbortSignal }) => spillway.destinations.policies(query, { signal }),
  };
}

export function Policies({ form }: { form: DestinationForm }) {
  const { spillway } = useSession();
  const [verify, setVerify] = useState(false);
  const query = useQuery(policiesQuery(spillway, form, verify));
  return (
    <>
      <Loaded query={query}>
        {(policies) => (form.access === "role" ? <OfRole policies={policies} /> : <OfKeys policies={policies} />)}
      </Loaded>
      <CheckField label={t.verify} description={t.verifyHelp} checked={verify} onChecked={setVerify} />
    </>
  );
}

const json = (policy: unknown) => JSON.stringify(policy, null, 2);

const OfRole = ({ policies }: { policies: DestinationPolicies }) => (
  <>
    <ol class="prose">
      {t.roleSteps.map((step) => (
        <li key={step}>{step}</li>
      ))}
    </ol>
    <h3>{t.externalId}</h3>
    <p class="prose small">{t.externalIdHelp}</p>
    <Code label={t.externalId} text={policies.external_id} />
    <h3>{t.trustPolicy}</h3>
    <Code label={t.trustPolicy} text={json(policies.trust_policy)} />
    <h3>{t.permissionsPolicy}</h3>
    <Code label={t.permissionsPolicy} text={json(policies.permissions_policy)} />
    <details>
      <summary>{t.terraform}</summary>
      <Code label={t.terraform} text={policies.terraform} />
    </details>
  </>
);

const OfKeys = ({ policies }: { policies: DestinationPolicies }) => (
  <>
    <p class="prose">{t.keysPolicy}</p>
    <h3>{t.permissionsPolicy}</h3>
    <Code label={t.permissionsPolicy} text={json(policies.permissions_policy)} />
  </>
);
