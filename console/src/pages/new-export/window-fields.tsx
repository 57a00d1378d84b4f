/** The window of the export; where a dataset has several kinds of windows, the choice between them. */

import type { DatasetSchema } from "../../export-schema.ts";
import { texts } from "../../texts.ts";
import { DateRange } from "../../ui/date-range.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { labelOf } from "./field-control.tsx";
import { Prose } from "./prose.tsx";
import { type FormState, textOf } from "./request.ts";
import { chosenWindow, isWindowRequired, keyOf, windowsOf } from "./windows.ts";

const own = texts.newExport.window;

interface Props {
  dataset: DatasetSchema;
  form: FormState;
  onForm: (form: FormState) => void;
  errorOf: (name: string) => string | undefined;
}

export function WindowFields({ dataset, form, onForm, errorOf }: Props) {
  const windows = windowsOf(dataset);
  const names = chosenWindow(dataset, form.window);
  if (names === undefined) return null;
  const valueOf = (name: string) => textOf(form.values[name]);
  const set = (changed: Record<string, string>) => onForm({ ...form, values: { ...form.values, ...changed } });
  const [start, end] = names;
  const descriptions = names.flatMap((name) => dataset.fields[name]?.description ?? []);
  const isDays = dataset.fields[start]?.format === "date";
  return (
    <>
      {windows.length > 1 && (
        <SelectField
          label={own.kind}
          value={keyOf(names)}
          onValue={(window) => onForm({ ...form, window })}
          options={windows.map((each) => ({
            value: keyOf(each),
            label: own.kinds[kindOf(each.length, dataset.fields[each[0]]?.format)],
          }))}
        />
      )}
      {isDays || end === undefined ? (
        <div class="row">
          {names.map((name) => (
            <TextField
              key={name}
              label={labelOf(name)}
              description={<Prose text={dataset.fields[name]?.description ?? ""} />}
              type="date"
              value={valueOf(name)}
              onValue={(day) => set({ [name]: day })}
              error={errorOf(name)}
              required={isWindowRequired(dataset)}
            />
          ))}
        </div>
      ) : (
        <>
          <DateRange
            label={own.legend}
            range={{ start: valueOf(start), end: valueOf(end) }}
            onRange={(range) => set({ [start]: range.start, [end]: range.end })}
            errors={{ start: errorOf(start), end: errorOf(end) }}
            required={dataset.required.includes(end) || windows.length > 1}
          />
          <p class="small prose">
            <Prose text={descriptions.join(" ")} />
          </p>
        </>
      )}
    </>
  );
}

const kindOf = (bounds: number, format: string | undefined) =>
  format === "date" ? (bounds === 1 ? "day" : "days") : "times";
