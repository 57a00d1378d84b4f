/**
 * The files of a completed export: sizes, rows, SHA-256, and a download each. Links expire: a click asks for a new
 * one.
 */

import { useMutation } from "@tanstack/preact-query";
import type { Export, ExportFileList } from "spillway-client";
import { exportKey } from "../../exports/keys.ts";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { CopyButton } from "../../ui/copy.tsx";
import { count, size } from "../../ui/format.ts";
import { More, useList } from "../../ui/more.tsx";
import { Empty, Failure, Loading } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { filesPath, followLink, freshLink, type ListedFile } from "./download.ts";
import { WholeResult } from "./whole-result.tsx";

const words = texts.exports.files;
const { columns } = texts.exports;

/** Characters of a SHA-256 that are shown: the button copies all. */
const SHOWN_HASH = 12;

export function Files({ shown }: { shown: Export }) {
  const { spillway } = useSession();
  const { id, delivery } = shown;
  const list = useList<ListedFile>([...exportKey(id), "files"], async (cursor, signal) => {
    const page = await spillway.request<ExportFileList>("GET", filesPath(id, cursor), { signal });
    return { ...page, data: page.data.map((file) => ({ file, cursor })) };
  });
  const download: Column<ListedFile> = {
    heading: words.download,
    cell: (each) => <Download exportId={id} listed={each} />,
  };
  return (
    <section aria-labelledby="files">
      <h2 id="files">{words.title}</h2>
      {delivery.type === "s3" && <p>{words.inBucket}</p>}
      <WholeResult shown={shown} />
      {list.error !== null && <Failure error={list.error} retry={list.refetch} />}
      {list.isPending && <Loading />}
      {list.isSuccess && list.items.length === 0 && <Empty title={words.none} />}
      {list.items.length > 0 && (
        <Table
          caption={words.title}
          columns={delivery.type === "s3" ? COLUMNS : [...COLUMNS, download]}
          rows={list.items}
          keyOf={({ file }) => file.name}
        />
      )}
      <More {...list} />
    </section>
  );
}

const COLUMNS: readonly Column<ListedFile>[] = [
  { heading: words.name, cell: ({ file }) => <span class="file-name">{file.name}</span> },
  { heading: columns.rows, cell: ({ file }) => count(file.rows), align: "end" },
  { heading: columns.size, cell: ({ file }) => size(file.bytes), align: "end" },
  {
    heading: words.sha256,
    cell: ({ file }) => (
      <span class="hash">
        <code title={file.sha256}>{file.sha256.slice(0, SHOWN_HASH)}…</code>
        <CopyButton text={file.sha256} label={words.copyHash} />
      </span>
    ),
  },
];

function Download({ exportId, listed }: { exportId: string; listed: ListedFile }) {
  const { spillway } = useSession();
  const work = useMutation({
    mutationFn: async () => followLink(await freshLink(spillway, exportId, listed)),
  });
  return (
    <>
      <button
        type="button"
        aria-label={`${words.download} ${listed.file.name}`}
        disabled={work.isPending}
        onClick={() => work.mutate()}
      >
        {work.isPending ? texts.working : words.download}
      </button>
      {work.error !== null && <Failure error={work.error} />}
    </>
  );
}
