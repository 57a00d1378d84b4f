/** The page: segments. Rules that say which people belong to them, with their counts. */

import { useState } from "preact/hooks";
import { useMay, useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { More, useList } from "../../ui/more.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Failure, Loading } from "../../ui/states.tsx";
import { SegmentCard } from "./segment-card.tsx";
import { SegmentForm } from "./segment-form.tsx";

const words = texts.segments;

export function SegmentsPage() {
  const { spillway } = useSession();
  const mayWrite = useMay("profiles:write");
  const [isNew, setNew] = useState(false);
  const list = useList(["segments"], (cursor, signal) =>
    spillway.segments.list(cursor === undefined ? {} : { cursor }, { signal }).first(),
  );
  const create = mayWrite && (
    <button type="button" class="primary" onClick={() => setNew(true)}>
      {words.create}
    </button>
  );
  return (
    <Page title={texts.frame.nav.segments} actions={create}>
      {list.isPending && <Loading />}
      {list.error !== null && <Failure error={list.error} retry={list.refetch} />}
      {list.isSuccess && list.items.length === 0 && (
        <Empty title={words.none}>
          <p>{mayWrite ? words.noneHelp : words.mayNot}</p>
        </Empty>
      )}
      <ul class="segments">
        {list.items.map((segment) => (
          <SegmentCard key={segment.id} segment={segment} />
        ))}
      </ul>
      <More {...list} />
      {isNew && <SegmentForm segment={null} onClose={() => setNew(false)} />}
    </Page>
  );
}
