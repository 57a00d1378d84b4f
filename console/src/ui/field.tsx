/** A field of a form: its label, what it means, the control, and what is wrong with it. */

import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

/** What a control needs so that its label, its description and its error are read with it. */
export interface ControlProps {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean;
  required: boolean;
}

interface Props {
  label: string;
  /** What it means, in a sentence. */
  description?: ComponentChildren;
  /** What is wrong, in a sentence. */
  error?: string | undefined;
  required?: boolean;
  children: (control: ControlProps) => ComponentChildren;
}

export function Field({ label, description, error, required = false, children }: Props) {
  const id = useId();
  const described = [description !== undefined && `${id}-description`, error !== undefined && `${id}-error`]
    .filter((each) => each !== false)
    .join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {description !== undefined && (
        <div class="small" id={`${id}-description`}>
          {description}
        </div>
      )}
      {children({
        id,
        "aria-describedby": described === "" ? undefined : described,
        "aria-invalid": error !== undefined,
        required,
      })}
      {error !== undefined && (
        <p class="field-error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

interface TextFieldProps extends Omit<Props, "children"> {
  value: string;
  onValue: (value: string) => void;
  type?: "text" | "password" | "url" | "number" | "search" | "date" | "datetime-local";
  input?: Omit<JSX.InputHTMLAttributes, "value" | "onInput" | "type">;
}

/** A field of one line of text. */
export const TextField = ({ value, onValue, type = "text", input, ...field }: TextFieldProps) => (
  <Field {...field}>
    {(control) => (
      <input
        {...input}
        {...control}
        type={type}
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
    )}
  </Field>
);

interface SelectFieldProps extends Omit<Props, "children"> {
  value: string;
  onValue: (value: string) => void;
  options: readonly { value: string; label: string }[];
}

export const SelectField = ({ value, onValue, options, ...field }: SelectFieldProps) => (
  <Field {...field}>
    {(control) => (
      <select {...control} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    )}
  </Field>
);

interface CheckFieldProps extends Omit<Props, "children" | "required"> {
  checked: boolean;
  onChecked: (checked: boolean) => void;
}

/** A box to tick, with its label beside it. */
export function CheckField({ label, description, error, checked, onChecked }: CheckFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label class="check">
        <input
          type="checkbox"
          checked={checked}
          aria-describedby={description === undefined ? undefined : `${id}-description`}
          onChange={(event) => onChecked(event.currentTarget.checked)}
        />
        {label}
      </label>
      {description !== undefined && (
        <div class="small" id={`${id}-description`}>
          {description}
        </div>
      )}
      {error !== undefined && (
        <p class="field-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
