/** What the wizard is about to make, without its secret. */

import { texts } from "../../texts.ts";
import type { DestinationForm } from "./form.ts";

const t = texts.destinations;

export const Review = ({ form }: { form: DestinationForm }) => (
  <>
    <p class="prose">{t.reviewHelp}</p>
    <dl class="facts">
      {factsOf(form).map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  </>
);

function factsOf(form: DestinationForm): [string, string][] {
  const facts: [string, string][] = [
    [t.name, form.name],
    [t.store, t.stores[form.store]],
    [t.endpoint, form.endpoint],
    [t.bucket, form.bucket],
    [t.region, form.region],
    [t.directoryPath, form.directoryPath],
    [t.access, form.access === "role" ? form.roleArn : `${t.accesses.keys}: ${form.accessKeyId}`],
    [t.keyTemplate, form.keyTemplate],
    [t.encryption, form.sse === "" ? "" : t.encryptions[form.sse]],
    [t.kmsKey, form.kmsKeyId],
    [t.storageClass, form.storageClass],
  ];
  return facts.filter(([, value]) => value !== "");
}
