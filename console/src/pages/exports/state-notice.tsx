/** The state of an export in plain sentences: what happened, who must act, and what to do. */

import type { Export } from "spillway-client";
import { damagedFiles, mustAct } from "../../exports/state.ts";
import { StatusBadge } from "../../exports/status.tsx";
import { texts } from "../../texts.ts";
import { counted } from "../../ui/format.ts";
import { Time } from "../../ui/time.tsx";

const words = texts.exports.notice;

export const StateNotice = ({ shown }: { shown: Export }) => (
  <section class={`notice ${isBad(shown) ? "bad-notice" : ""}`} aria-label={texts.exports.state}>
    <p>
      <StatusBadge status={shown.status} /> <Sentence shown={shown} />
    </p>
    {shown.message !== null && <p>{shown.message}</p>}
    <WhatFailed shown={shown} />
    <Damage shown={shown} />
  </section>
);

const isBad = (shown: Export) => shown.status === "failed" || damagedFiles(shown) > 0;

function Sentence({ shown }: { shown: Export }) {
  switch (shown.status) {
    case "queued":
      return <>{words.queued}</>;
    case "processing":
      return <>{shown.next_retry_at === null ? words.processing : words.retrying}</>;
    case "completed":
      if (shown.delivery.type === "s3") return <>{words.delivered}</>;
      if (shown.expires_at === null) return <>{words.completed}</>;
      return (
        <>
          {words.keptUntil} <Time at={shown.expires_at} />.
        </>
      );
    case "failed":
      return (
        <>
          {words.failed} <Time at={shown.completed_at} />. {words.noResult}
        </>
      );
    case "canceled":
      return (
        <>
          {words.canceled} <Time at={shown.completed_at} />.{" "}
          {shown.delivery.type === "s3" ? words.bucketStays : words.noResult}
        </>
      );
    case "expired":
      return (
        <>
          {words.expired} <Time at={shown.expires_at} />. {words.runAgain}
        </>
      );
  }
}

function WhatFailed({ shown }: { shown: Export }) {
  const { error } = shown;
  const who = mustAct(shown);
  if (error === null || who === null) return null;
  return (
    <>
      <p>{error.message}</p>
      <p>
        <strong>{texts.exports.mustAct[who]}</strong>{" "}
        {shown.next_retry_at !== null && (
          <>
            {who === "you" && words.nextAttempt} <Time at={shown.next_retry_at} precision="second" />.
          </>
        )}{" "}
        {shown.status === "failed" && (
          <>
            {error.retryable ? words.retryHelps : words.retryFailsAgain}
            {error.retryable && (
              <>
                {" "}
                {words.retryUntil} <Time at={shown.expires_at} />.
              </>
            )}
          </>
        )}
      </p>
      <p>
        <a href={`/problems/${error.code}`} target="_blank" rel="noreferrer">
          {words.whatItMeans} {error.code}
        </a>
      </p>
    </>
  );
}

function Damage({ shown }: { shown: Export }) {
  const damaged = damagedFiles(shown);
  if (damaged === 0) return null;
  return (
    <p>
      <strong>{words.damaged(counted(damaged, "file"))}</strong> {words.damagedHelp}
    </p>
  );
}
