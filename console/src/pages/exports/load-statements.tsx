/**
 * Statements that load the files into a system. Asked for by a click, because each answer takes a poll of the space.
 */

import { useMutation } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { Export, GetExportLoadStatementsData } from "spillway-client";
import { LOAD_SYSTEMS } from "virtual:load-systems";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Code } from "../../ui/copy.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { Failure } from "../../ui/states.tsx";
import { systemsFor } from "./load-systems.ts";

const words = texts.exports.load;

type System = GetExportLoadStatementsData["query"]["for"];

export function LoadStatements({ shown }: { shown: Export }) {
  const { spillway } = useSession();
  const systems = systemsFor(shown, LOAD_SYSTEMS);
  const [system, setSystem] = useState(systems[0]?.name ?? "");
  const [table, setTable] = useState("");
  const work = useMutation({
    mutationFn: () =>
      spillway.exports.load(shown.id, {
        for: system as System,
        ...(table.trim() !== "" && { table: table.trim() }),
      }),
  });
  const left = LOAD_SYSTEMS.length - systems.length;
  return (
    <section aria-labelledby="load">
      <h2 id="load">{words.title}</h2>
      <p class="prose">{words.intro}</p>
      {systems.length === 0 ? (
        <p>{words.nobody}</p>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            work.mutate();
          }}
        >
          <div class="row">
            <SelectField
              label={words.system}
              value={system}
              onValue={(value) => {
                setSystem(value);
                work.reset();
              }}
              options={systems.map(({ name, title }) => ({ value: name, label: title }))}
            />
            <TextField
              label={words.table}
              value={table}
              onValue={setTable}
              input={{ placeholder: `spillway_${shown.dataset}`, autocomplete: "off", spellcheck: false }}
            />
            <button disabled={work.isPending}>{work.isPending ? texts.working : words.show}</button>
          </div>
          {left > 0 && <p class="small">{words.others(left)}</p>}
        </form>
      )}
      {work.error !== null && <Failure error={work.error} />}
      {work.data !== undefined && <Code text={work.data} label={words.statements} />}
    </section>
  );
}
