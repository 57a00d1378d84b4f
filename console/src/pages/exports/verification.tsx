/** The verification of an export's files: what the last one found, and the button for another. */

import { useMutation, useQueryClient } from "@tanstack/preact-query";
import type { Export, Verification, VerifiedFile, VerifiedFileList } from "spillway-client";
import { exportKey } from "../../exports/keys.ts";
import { showSeen } from "../../exports/use-follow.ts";
import { useMay, useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { count, counted, size } from "../../ui/format.ts";
import { More, useList } from "../../ui/more.tsx";
import { Progress } from "../../ui/progress.tsx";
import { Failure } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { useSchedule } from "./schedule-of.tsx";

const words = texts.exports.verification;

type Finished = Extract<Verification, { status: "finished" }>;

export function VerificationOfFiles({ shown }: { shown: Export }) {
  const { verification } = shown;
  return (
    <section aria-labelledby="verification">
      <h2 id="verification">{words.title}</h2>
      <p class="prose">{words.intro}</p>
      <div aria-live="polite">
        {verification === null ? <p>{words.never}</p> : <Found verification={verification} />}
      </div>
      {verification?.status === "finished" && !verification.ok && (
        <Problems id={shown.id} verifiedAt={verification.verified_at} />
      )}
      <Later scheduleId={shown.schedule_id} />
      {useMay("exports:write") && verification?.status !== "running" && <Verify shown={shown} />}
    </section>
  );
}

function Found({ verification }: { verification: Verification }) {
  switch (verification.status) {
    case "running": {
      const { bytes_read: read, bytes_total: total } = verification;
      return (
        <p>
          <Progress label={words.title} share={total === 0 ? null : read / total} />{" "}
          {words.reads(size(read), size(total))}
        </p>
      );
    }
    case "finished":
      return <Verdict verification={verification} />;
    case "abandoned":
      return <p>{words.abandoned}</p>;
  }
}

function Verdict({ verification }: { verification: Finished }) {
  const { ok, files_total: files, missing, changed, unreadable, reason } = verification;
  const counts = [
    [missing, words.missing],
    [changed, words.changed],
    [unreadable, words.unreadable],
  ] as const;
  return (
    <p class={ok ? "good" : "bad"}>
      {ok
        ? words.ok(counted(files, "file"))
        : counts
            .filter(([n]) => n > 0)
            .map(([n, what]) => `${count(n)} ${what}`)
            .join(", ")}{" "}
      <span class="small">
        <Time at={verification.verified_at} precision="second" /> · {words.reasons[reason]}
      </span>
    </p>
  );
}

const COLUMNS: readonly Column<VerifiedFile>[] = [
  { heading: texts.exports.files.name, cell: ({ name }) => <span class="file-name">{name}</span> },
  { heading: words.found, cell: ({ status }) => <span class="bad">{words.statuses[status]}</span> },
  { heading: words.detail, cell: ({ detail }) => detail ?? "" },
];

function Problems({ id, verifiedAt }: { id: string; verifiedAt: string }) {
  const { spillway } = useSession();
  const list = useList<VerifiedFile>([...exportKey(id), "problems", verifiedAt], (cursor, signal) => {
    const query = new URLSearchParams(cursor === undefined ? {} : { cursor });
    const path = `/v1/exports/${id}/verification/problems?${query.toString()}`;
    return spillway.request<VerifiedFileList>("GET", path, { signal });
  });
  return (
    <>
      {list.error !== null && <Failure error={list.error} retry={list.refetch} />}
      {list.items.length > 0 && (
        <Table caption={words.problems} columns={COLUMNS} rows={list.items} keyOf={({ name }) => name} />
      )}
      <More {...list} />
    </>
  );
}

/** A schedule may have its exports verified some days later. */
function Later({ scheduleId }: { scheduleId: string | null }) {
  const days = useSchedule(scheduleId)?.verify_after_days ?? null;
  return days === null ? null : <p class="small">{words.later(counted(days, "day"))}</p>;
}

function Verify({ shown }: { shown: Export }) {
  const { spillway } = useSession();
  const queries = useQueryClient();
  const work = useMutation({
    mutationFn: () => spillway.exports.verify(shown.id),
    onSuccess: (verification) => showSeen(queries, { ...shown, verification }),
  });
  return (
    <>
      {work.error !== null && <Failure error={work.error} />}
      <p>
        <button type="button" disabled={work.isPending} onClick={() => work.mutate()}>
          {work.isPending ? texts.working : words.verify}
        </button>
      </p>
    </>
  );
}
