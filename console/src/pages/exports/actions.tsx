/**
 * What can be done with an export: cancel, retry, run again, delete. Offered is what its state and the scopes allow.
 */

import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { Export } from "spillway-client";
import { Link, useLocation } from "wouter-preact";
import { EXPORTS_KEY, exportKey } from "../../exports/keys.ts";
import { isActive } from "../../exports/state.ts";
import { showSeen } from "../../exports/use-follow.ts";
import { useMay, useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { useSay } from "../../ui/live.tsx";
import { focusHeading } from "../../ui/page.tsx";
import { Failure } from "../../ui/states.tsx";

const words = texts.exports.actions;

export function ExportActions({ shown }: { shown: Export }) {
  const [asked, setAsked] = useState<"cancel" | "delete" | null>(null);
  if (!useMay("exports:write")) return null;
  const close = () => setAsked(null);
  return (
    <>
      {shown.status === "failed" && <Retry id={shown.id} isUseful={shown.error.retryable} />}
      <Link href={`/new?from=${shown.id}`} class="button">
        {words.again}
      </Link>
      {isActive(shown) ? (
        <button type="button" class="danger" onClick={() => setAsked("cancel")}>
          {words.cancel}
        </button>
      ) : (
        <button type="button" class="danger" onClick={() => setAsked("delete")}>
          {words.delete}
        </button>
      )}
      {asked === "cancel" && <CancelQuestion shown={shown} onClose={close} />}
      {asked === "delete" && <DeleteQuestion shown={shown} onClose={close} />}
    </>
  );
}

/** @param isUseful whether it may help: the service takes it in any case. */
function Retry({ id, isUseful }: { id: string; isUseful: boolean }) {
  const { spillway } = useSession();
  const queries = useQueryClient();
  const say = useSay();
  const work = useMutation({
    mutationFn: () => spillway.exports.retry(id),
    onSuccess: (queued) => {
      showSeen(queries, queued);
      focusHeading();
      say(words.retried);
    },
  });
  return (
    <>
      {work.error !== null && <Failure error={work.error} />}
      <button type="button" class={isUseful ? "primary" : ""} disabled={work.isPending} onClick={() => work.mutate()}>
        {work.isPending ? texts.working : words.retry}
      </button>
    </>
  );
}

interface QuestionProps {
  shown: Export;
  onClose: () => void;
}

function CancelQuestion({ shown, onClose }: QuestionProps) {
  const { spillway } = useSession();
  const queries = useQueryClient();
  const say = useSay();
  return (
    <Confirm
      title={words.cancelTitle}
      action={words.cancel}
      run={async () => showSeen(queries, await spillway.exports.cancel(shown.id))}
      onDone={() => {
        onClose();
        focusHeading();
        say(words.canceled);
      }}
      onClose={onClose}
    >
      <p>{shown.delivery.type === "s3" ? words.cancelLosesBucket : words.cancelLoses}</p>
    </Confirm>
  );
}

function DeleteQuestion({ shown, onClose }: QuestionProps) {
  const { spillway } = useSession();
  const queries = useQueryClient();
  const say = useSay();
  const [, navigate] = useLocation();
  return (
    <Confirm
      title={words.deleteTitle}
      action={words.delete}
      run={() => spillway.exports.delete(shown.id)}
      onDone={() => {
        onClose();
        navigate("/exports");
        queries.removeQueries({ queryKey: exportKey(shown.id) });
        void queries.invalidateQueries({ queryKey: EXPORTS_KEY });
        say(words.deleted);
      }}
      onClose={onClose}
    >
      <p>{words.deleteLoses}</p>
      <p>{shown.delivery.type === "s3" ? words.bucketStays : words.filesGo}</p>
    </Confirm>
  );
}
