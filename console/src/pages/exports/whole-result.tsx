/**
 * The whole result in one plain file. In the portal this is a link: the browser's cookie opens it, at any size. In the
 * console the key must go along, so the page fetches the stream; beyond a size it tells the person to take the files.
 */

import { useMutation } from "@tanstack/preact-query";
import type { Export } from "spillway-client";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { size } from "../../ui/format.ts";
import { Failure } from "../../ui/states.tsx";
import { saveStream } from "./download.ts";
import { wholeName } from "./whole.ts";

const words = texts.exports.files;

/** Stored bytes. The plain rows are several times as many, and the browser holds them until they are saved. */
const MAX_FETCHED_BYTES = 200_000_000;

export function WholeResult({ shown }: { shown: Export }) {
  const { door } = useSession();
  const name = wholeName(shown);
  if (name === null) return null;
  if (door === "portal")
    return (
      <p>
        <a class="button" href={`/v1/exports/${shown.id}/content`} download={name}>
          {words.whole(name)}
        </a>
      </p>
    );
  if (shown.progress.bytes_written > MAX_FETCHED_BYTES)
    return <p class="small">{words.wholeTooLarge(size(MAX_FETCHED_BYTES))}</p>;
  return <FetchedWhole id={shown.id} name={name} />;
}

function FetchedWhole({ id, name }: { id: string; name: string }) {
  const { spillway } = useSession();
  const work = useMutation({ mutationFn: async () => saveStream(await spillway.exports.content(id), name) });
  return (
    <>
      <p>
        <button type="button" disabled={work.isPending} onClick={() => work.mutate()}>
          {work.isPending ? words.wholeComes : words.whole(name)}
        </button>
      </p>
      {work.error !== null && <Failure error={work.error} />}
    </>
  );
}
