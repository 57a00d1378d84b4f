/** A field of the form, by its control. */

import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Combobox, type Option } from "../../ui/combobox.tsx";
import { CheckField, Field, SelectField, TextField } from "../../ui/field.tsx";
import { words } from "../../ui/format.ts";
import { instantOf, localOf } from "../../ui/zoned.ts";
import { ColumnsField } from "./columns-field.tsx";
import { DeliveryField, type DeliveryValue } from "./delivery-field.tsx";
import { choicesFor, type FormField } from "./fields.ts";
import { Prose } from "./prose.tsx";
import { RedactField } from "./redact-field.tsx";
import { type ColumnValue, type RedactValue, textOf, type Values } from "./request.ts";
import type { Names } from "./use-names.ts";

const own = texts.newExport;
/** More values than these are found by typing. */
const MAX_BOXES = 8;

interface Props {
  field: FormField;
  values: Values;
  onValue: (name: string, value: unknown) => void;
  error: string | undefined;
  names: Names;
  /** Paths that rows of this request have. */
  paths: readonly string[];
}

export function labelOf(name: string): string {
  const labels: Readonly<Record<string, string>> = own.labels;
  return labels[name] ?? words(name);
}

export function FieldControl({ field, values, onValue, error, names, paths }: Props) {
  const { timezone } = useSession().space;
  const { name, control, schema, required } = field;
  const value = values[name];
  const set = (changed: unknown) => onValue(name, changed);
  const description = schema.description === undefined ? undefined : <Prose text={schema.description} />;
  const common = { label: labelOf(name), description, error, required };
  switch (control.kind) {
    case "check": {
      const checked = (value ?? schema.default ?? false) === true;
      return <CheckField {...{ label: common.label, description, error, checked }} onChecked={set} />;
    }
    case "choice": {
      const options = choicesFor(name, control.values, values["format"]);
      const unset = schema.default === undefined ? [{ value: "", label: own.byDefault }] : [];
      return (
        <SelectField
          {...common}
          value={textOf(value ?? schema.default)}
          onValue={(text) => set(options.find((each) => String(each) === text))}
          options={[...unset, ...options.map((each) => ({ value: String(each), label: words(String(each)) }))]}
        />
      );
    }
    case "list": {
      const picked = (value ?? schema.default ?? []) as readonly string[];
      if (control.values !== null && control.values.length <= MAX_BOXES)
        return <Boxes {...common} values={control.values} picked={picked} onPicked={set} />;
      const options =
        control.values !== null
          ? control.values.map(optionOf)
          : control.picks === null
            ? []
            : names.options[control.picks];
      return (
        <Combobox
          {...common}
          options={options}
          picked={picked}
          onPicked={set}
          multiple
          {...(control.values === null && { custom: (text: string) => text })}
        />
      );
    }
    case "pick":
      return (
        <Combobox
          {...common}
          options={names.options[control.picks]}
          picked={typeof value === "string" ? [value] : []}
          onPicked={([picked]) => set(picked)}
          custom={(text) => text}
        />
      );
    case "number":
    case "text": {
      const limits = control.kind === "number" ? { min: control.min ?? undefined, max: control.max ?? undefined } : {};
      return (
        <TextField
          {...common}
          type={control.kind === "number" ? "number" : control.type}
          value={textOf(value ?? schema.default)}
          onValue={set}
          input={limits}
        />
      );
    }
    case "time":
      return (
        <TextField
          {...common}
          type="datetime-local"
          value={typeof value === "string" && value !== "" ? localOf(value, timezone) : ""}
          onValue={(local) => set(instantOf(local, timezone) ?? "")}
          input={{ step: 1 }}
        />
      );
    case "day":
      return <TextField {...common} type="date" value={textOf(value)} onValue={set} />;
    case "columns":
      return <ColumnsField {...common} paths={paths} columns={(value ?? []) as ColumnValue[]} onColumns={set} />;
    case "redact":
      return <RedactField {...common} paths={paths} redactions={(value ?? []) as RedactValue[]} onRedactions={set} />;
    case "delivery":
      return <DeliveryField {...common} delivery={value as DeliveryValue | undefined} onDelivery={set} />;
    case "json":
      return (
        <Field {...common}>
          {(props) => (
            <textarea
              {...props}
              spellcheck={false}
              value={textOf(value)}
              onInput={(event) => set(event.currentTarget.value)}
            />
          )}
        </Field>
      );
  }
}

const optionOf = (value: string): Option => ({ value, label: value });

interface BoxesProps {
  label: string;
  description: preact.ComponentChildren;
  error: string | undefined;
  values: readonly string[];
  picked: readonly string[];
  onPicked: (values: string[]) => void;
}

/** A few values to tick. */
const Boxes = ({ label, description, error, values, picked, onPicked }: BoxesProps) => (
  <fieldset class="boxes" aria-invalid={error !== undefined} tabIndex={error === undefined ? undefined : -1}>
    <legend>{label}</legend>
    {description !== undefined && <div class="small">{description}</div>}
    {values.map((value) => (
      <label key={value} class="check">
        <input
          type="checkbox"
          checked={picked.includes(value)}
          onChange={(event) => {
            const isPicked = event.currentTarget.checked;
            onPicked(values.filter((each) => (each === value ? isPicked : picked.includes(each))));
          }}
        />
        {value}
      </label>
    ))}
    {error !== undefined && (
      <p class="field-error" role="alert">
        {error}
      </p>
    )}
  </fieldset>
);
