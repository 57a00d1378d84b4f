/** One segment of the list: its rule, its count, and what can be done with it. */

import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import type { Segment } from "spillway-client";
import { useQueryClient } from "@tanstack/preact-query";
import { useMay, useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { Code } from "../../ui/copy.tsx";
import { useSay } from "../../ui/live.tsx";
import { Time } from "../../ui/time.tsx";
import { readable } from "./rule-text.ts";
import { SegmentCount } from "./segment-count.tsx";
import { SegmentForm } from "./segment-form.tsx";

const words = texts.segments;

export function SegmentCard({ segment }: { segment: Segment }) {
  const { id, name, rule, updated_at: updatedAt } = segment;
  const { spillway } = useSession();
  const say = useSay();
  const cache = useQueryClient();
  const mayWrite = useMay("profiles:write");
  const mayExport = useMay("exports:write");
  const [asked, setAsked] = useState<"change" | "delete" | null>(null);
  const close = () => setAsked(null);
  const onDeleted = async () => {
    close();
    say(words.deleted);
    await cache.invalidateQueries({ queryKey: ["segments"] });
  };
  return (
    <li class="card">
      <h2>{name}</h2>
      <p class="small">
        <code>{id}</code> · {words.changed} <Time at={updatedAt} />
      </p>
      <details>
        <summary>{words.rule}</summary>
        <Code label={words.ruleOf(name)} text={readable(rule)} />
      </details>
      <SegmentCount id={id} name={name} />
      <p class="actions">
        {mayExport && (
          <Link class="button" href={`/new?dataset=segment_profiles&segment=${encodeURIComponent(id)}`}>
            {words.export}
          </Link>
        )}
        {mayWrite && (
          <>
            <button type="button" aria-label={words.change(name)} onClick={() => setAsked("change")}>
              {words.changeShort}
            </button>
            <button type="button" class="danger" aria-label={words.deleteOf(name)} onClick={() => setAsked("delete")}>
              {words.delete}
            </button>
          </>
        )}
      </p>
      {asked === "change" && <SegmentForm segment={segment} onClose={close} />}
      {asked === "delete" && (
        <Confirm
          title={words.deleteOf(name)}
          action={words.delete}
          run={() => spillway.segments.delete(id)}
          onDone={() => void onDeleted()}
          onClose={close}
        >
          <p>{words.deleteHelp}</p>
        </Confirm>
      )}
    </li>
  );
}
