/** Several of a few values, each a box to tick with a sentence about it. */

import { useId } from "preact/hooks";
import { CheckField } from "./field.tsx";

interface Props<Value extends string> {
  label: string;
  description?: string;
  /** What is wrong, in a sentence. */
  error?: string | undefined;
  /** Each value and what it means. */
  options: readonly { value: Value; description: string }[];
  chosen: readonly Value[];
  /** Gets the values in the order of the options. */
  onChosen: (values: Value[]) => void;
}

export function CheckList<Value extends string>(props: Props<Value>) {
  const { label, description, error, options, chosen, onChosen } = props;
  const id = useId();
  return (
    <fieldset
      class="check-list"
      aria-describedby={error === undefined ? undefined : id}
      aria-invalid={error !== undefined}
    >
      <legend>{label}</legend>
      {description !== undefined && <p class="small">{description}</p>}
      {options.map((option) => (
        <CheckField
          key={option.value}
          label={option.value}
          description={option.description}
          checked={chosen.includes(option.value)}
          onChecked={(checked) =>
            onChosen(
              options
                .map(({ value }) => value)
                .filter((value) => (value === option.value ? checked : chosen.includes(value))),
            )
          }
        />
      ))}
      {error !== undefined && (
        <p class="field-error" id={id} role="alert">
          {error}
        </p>
      )}
    </fieldset>
  );
}
