/** A new export: the form, filled from an earlier export where the address names one (`?from=`), or from the draft. */

import { useQuery } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { DATASETS } from "virtual:export-schemas";
import { useSearch } from "wouter-preact";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Page } from "../../ui/page.tsx";
import { Failure, Loading } from "../../ui/states.tsx";
import { draftOf, forgetDraft } from "./draft.ts";
import { ExportForm } from "./export-form.tsx";
import { type FormState, formOf } from "./request.ts";

export function NewExportPage() {
  const session = useSession();
  const from = new URLSearchParams(useSearch()).get("from");
  // A form that was begun over is a new one.
  const [begun, setBegun] = useState(0);
  const draft = draftOf(session);
  const isKept = draft !== undefined && (from === null || draft.from === from);
  const earlier = useQuery({
    queryKey: ["export to make again", from],
    enabled: from !== null && !isKept,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => session.spillway.exports.get(from ?? "", { signal }),
  });
  const beginAgain = () => {
    forgetDraft(session);
    setBegun(begun + 1);
  };
  const form = isKept ? draft.form : from === null ? EMPTY : formFrom(earlier.data);
  return (
    <Page
      title={texts.frame.nav.newExport}
      actions={
        <button type="button" onClick={beginAgain}>
          {texts.newExport.again}
        </button>
      }
    >
      {form !== null ? (
        <ExportForm key={`${from ?? ""} ${begun}`} first={form} from={from} />
      ) : earlier.error === null ? (
        <Loading />
      ) : (
        <Failure error={earlier.error} retry={earlier.refetch} />
      )}
    </Page>
  );
}

const EMPTY: FormState = { dataset: DATASETS[0]?.name ?? "", values: {}, window: "" };

/** @returns null until the earlier export is known. */
function formFrom(earlier: { dataset: string; request: object } | undefined): FormState | null {
  if (earlier === undefined) return null;
  const dataset = DATASETS.find(({ name }) => name === earlier.dataset);
  return dataset === undefined ? EMPTY : formOf(dataset, earlier.request as Record<string, unknown>);
}
