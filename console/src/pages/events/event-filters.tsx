/** The filters: by event, person and time. They apply when the form is sent, because the calls of lists are few. */

import { useQuery } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Combobox } from "../../ui/combobox.tsx";
import { DateRange } from "../../ui/date-range.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { faultsOf, Form } from "../../ui/form.tsx";
import { faultAt } from "../../ui/problems.ts";
import { type Filters, PERSON_IDS, type PersonIdName } from "./filters.ts";

interface Props {
  filters: Filters;
  onFilters: (filters: Filters) => void;
  /** What the service answered to the filters; null: no error. */
  error: unknown;
}

const words = texts.events;
const NONE: Filters = { names: [], personBy: "person_id", person: "", start: "", end: "" };
const POINTERS = ["#query/event_names", "#query/start", "#query/end", ...PERSON_IDS.map((name) => `#query/${name}`)];
/** A pattern: every id without `*` that the service takes is in the list. */
const asPattern = (text: string) => (text.includes("*") && !/[\s,]/.test(text) ? text : null);

export function EventFilters({ filters, onFilters, error }: Props) {
  const { spillway } = useSession();
  // Other filters in the address replace what is in the fields; the form stays, and the focus in it.
  const applied = JSON.stringify(filters);
  const [{ of, draft }, setFields] = useState({ of: applied, draft: filters });
  if (of !== applied) setFields({ of: applied, draft: filters });
  const setDraft = (next: Filters) => setFields({ of: applied, draft: next });
  const definitions = useQuery({
    queryKey: ["events", "definitions"],
    queryFn: ({ signal }) => spillway.eventDefinitions.list({ limit: 200 }, { signal }).all(),
    staleTime: 60_000,
  });
  const options = (definitions.data ?? []).map(({ id, name }) => ({ value: id, label: id, detail: name }));
  const faults = faultsOf(error);
  return (
    <Form label={words.filters} error={error} pointers={POINTERS} onSubmit={() => onFilters(draft)}>
      <Combobox
        label={words.names}
        description={words.namesHelp}
        options={options}
        picked={draft.names}
        onPicked={(names) => setDraft({ ...draft, names })}
        error={faultAt(faults, "#query/event_names")}
        custom={asPattern}
        multiple
      />
      <div class="row person">
        <SelectField
          label={words.personBy}
          value={draft.personBy}
          onValue={(name) => setDraft({ ...draft, personBy: name as PersonIdName })}
          options={PERSON_IDS.map((name) => ({ value: name, label: words.ids[name] }))}
        />
        <TextField
          label={words.person}
          value={draft.person}
          onValue={(person) => setDraft({ ...draft, person })}
          error={faultAt(faults, `#query/${filters.personBy}`)}
          input={{ autocomplete: "off", spellcheck: false }}
        />
      </div>
      <DateRange
        label={words.window}
        range={draft}
        onRange={(range) => setDraft({ ...draft, ...range })}
        errors={{ start: faultAt(faults, "#query/start"), end: faultAt(faults, "#query/end") }}
      />
      <p class="actions">
        <button class="primary">{words.show}</button>
        <button
          type="button"
          onClick={() => {
            setDraft(NONE);
            onFilters(NONE);
          }}
        >
          {words.all}
        </button>
      </p>
    </Form>
  );
}
