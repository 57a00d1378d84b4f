/** The form of a space, a new one or one that is there: its name, time zone and retention; of a new one its home. */

import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { Home, NewSpace, Space, Spillway } from "spillway-client";
import { texts } from "../../texts.ts";
import { Combobox } from "../../ui/combobox.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { faultsOf, Form } from "../../ui/form.tsx";
import { faultAt } from "../../ui/problems.ts";
import { HomeField } from "./homes.tsx";

export const SPACES = ["spaces"] as const;

const POINTERS = ["/name", "/timezone", "/retention_days", "/home"];
const DEFAULT_RETENTION_DAYS = 180;

interface Props {
  operator: Spillway;
  homes: readonly Home[];
  /** Null: a new one. */
  space: Space | null;
  onDone: (space: Space | NewSpace) => void;
  onClose: () => void;
}

export function SpaceForm({ operator, homes, space, onDone, onClose }: Props) {
  const queries = useQueryClient();
  const [name, setName] = useState(space?.name ?? "");
  const [timezone, setTimezone] = useState(space?.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [days, setDays] = useState(String(space?.retention_days ?? DEFAULT_RETENTION_DAYS));
  const [home, setHome] = useState("");
  const work = useMutation({
    mutationFn: (): Promise<Space | NewSpace> => {
      const body = { name: name.trim(), timezone, retention_days: Number(days) };
      return space === null
        ? operator.spaces.create({ ...body, ...(home !== "" && { home }) })
        : operator.spaces.change(space.id, body);
    },
    onSuccess: (done) => {
      void queries.invalidateQueries({ queryKey: SPACES });
      onDone(done);
    },
  });
  const faults = faultsOf(work.error);
  const words = texts.spaces;
  const title = space === null ? words.make : words.changeNamed(space.name);
  const isShorter = space !== null && Number(days) < space.retention_days;
  return (
    <Dialog title={title} onClose={onClose}>
      <Form label={title} error={work.error} pointers={POINTERS} onSubmit={() => work.mutate()}>
        <TextField
          label={words.name}
          value={name}
          onValue={setName}
          error={faultAt(faults, "/name")}
          required
          input={{ maxLength: 200 }}
        />
        <Combobox
          label={words.timezone}
          description={words.timezoneHelp}
          options={ZONES}
          picked={timezone === "" ? [] : [timezone]}
          onPicked={([picked = ""]) => setTimezone(picked)}
          custom={(text) => text}
          error={faultAt(faults, "/timezone")}
          required
        />
        <TextField
          label={words.retention}
          description={
            <>
              {words.retentionHelp} {isShorter && <strong class="bad">{words.retentionShorter}</strong>}
            </>
          }
          type="number"
          value={days}
          onValue={setDays}
          error={faultAt(faults, "/retention_days")}
          required
          input={{ min: 1, max: 36_500, step: 1 }}
        />
        {space === null && homes.length > 1 && (
          <HomeField homes={homes} value={home} onValue={setHome} error={faultAt(faults, "/home")} />
        )}
        <footer>
          <button type="button" onClick={onClose}>
            {texts.cancel}
          </button>
          <button class="primary" disabled={work.isPending}>
            {work.isPending ? texts.working : space === null ? words.make : texts.save}
          </button>
        </footer>
      </Form>
    </Dialog>
  );
}

const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone")].map((value) => ({ value, label: value }));
