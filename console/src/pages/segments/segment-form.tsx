/** A dialog that makes a segment, or changes one: its rule is JSON, and the service's errors stand at their fields. */

import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { type Finding, type Segment, type Spillway, SpillwayError } from "spillway-client";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, TextField } from "../../ui/field.tsx";
import { faultsOf, Form } from "../../ui/form.tsx";
import { useSay } from "../../ui/live.tsx";
import { faultAt } from "../../ui/problems.ts";
import { ruleFaults } from "./rule-faults.ts";
import { EXAMPLE, parseRule, readable } from "./rule-text.ts";
import { countKey } from "./segment-count.tsx";

interface Props {
  /** The segment to change; null: a new one. */
  segment: Segment | null;
  onClose: () => void;
}

const words = texts.segments;
const POINTERS = ["/id", "/name", "/rule"];

export function SegmentForm({ segment, onClose }: Props) {
  const { spillway } = useSession();
  const say = useSay();
  const cache = useQueryClient();
  const [id, setId] = useState(segment?.id ?? "");
  const [name, setName] = useState(segment?.name ?? "");
  const [text, setText] = useState(() => readable(segment?.rule ?? EXAMPLE));
  const parsed = parseRule(text);
  const work = useMutation({
    mutationFn: async (rule: Segment["rule"]): Promise<readonly Finding[] | "taken"> => {
      // Storing under an id that is taken would replace that segment.
      if (segment === null && (await exists(spillway, id))) return "taken";
      return (await spillway.segments.put(id, { name, rule })).warnings;
    },
    onSuccess: async (result) => {
      if (result === "taken") return;
      cache.removeQueries({ queryKey: countKey(id) });
      await cache.invalidateQueries({ queryKey: ["segments"] });
      say(words.saved);
      if (result.length === 0) onClose();
    },
  });
  if (work.data !== undefined && work.data !== "taken" && work.data.length > 0)
    return <Warnings warnings={work.data} onClose={onClose} />;
  const faults = faultsOf(work.error);
  return (
    <Dialog title={segment === null ? words.create : words.change(segment.name)} onClose={onClose}>
      <Form
        label={words.form}
        error={work.error}
        pointers={POINTERS}
        onSubmit={() => {
          if ("rule" in parsed) work.mutate(parsed.rule);
        }}
      >
        {segment === null && (
          <TextField
            label={words.id}
            description={words.idHelp}
            value={id}
            onValue={setId}
            error={work.data === "taken" ? words.taken : faultAt(faults, "/id")}
            required
            input={{ autocomplete: "off", spellcheck: false }}
          />
        )}
        <TextField label={words.name} value={name} onValue={setName} error={faultAt(faults, "/name")} required />
        <Field
          label={words.rule}
          description={words.ruleHelp}
          error={"fault" in parsed ? words.notJson(parsed.fault) : ruleFaults(faults)}
          required
        >
          {(control) => (
            <textarea
              {...control}
              class="rule"
              spellcheck={false}
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          )}
        </Field>
        <footer class="actions">
          <button type="button" onClick={onClose}>
            {texts.cancel}
          </button>
          <button class="primary" disabled={work.isPending || "fault" in parsed}>
            {work.isPending ? texts.working : texts.save}
          </button>
        </footer>
      </Form>
    </Dialog>
  );
}

/** Names in the rule that nobody has: the segment is stored all the same. */
const Warnings = ({ warnings, onClose }: { warnings: readonly Finding[]; onClose: () => void }) => (
  <Dialog title={words.savedWithWarnings} onClose={onClose}>
    <ul>
      {warnings.map(({ pointer, detail }) => (
        <li key={pointer}>{detail}</li>
      ))}
    </ul>
    <footer>
      <button type="button" class="primary" onClick={onClose}>
        {texts.close}
      </button>
    </footer>
  </Dialog>
);

const exists = (spillway: Spillway, id: string): Promise<boolean> =>
  spillway.segments.get(id).then(
    () => true,
    (thrown: unknown) => {
      if (thrown instanceof SpillwayError && thrown.code === "not_found") return false;
      throw thrown;
    },
  );
