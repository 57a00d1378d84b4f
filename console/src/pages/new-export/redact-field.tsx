/** What is kept from the reader: values that are dropped, or replaced by a keyed hash. */

import type { ComponentChildren } from "preact";
import { texts } from "../../texts.ts";
import { Combobox } from "../../ui/combobox.tsx";
import type { RedactValue } from "./request.ts";

const own = texts.newExport.redact;
const HOW = ["drop", "sha256"] as const;

interface Props {
  label: string;
  description: ComponentChildren;
  error: string | undefined;
  paths: readonly string[];
  redactions: readonly RedactValue[];
  onRedactions: (redactions: readonly RedactValue[]) => void;
}

export function RedactField({ label, description, error, paths, redactions, onRedactions }: Props) {
  const taken = new Set(redactions.map(({ path }) => path));
  const add = (picked: readonly string[]) =>
    onRedactions([
      ...redactions,
      ...picked.filter((path) => !taken.has(path)).map((path) => ({ path, how: "drop" as const })),
    ]);
  return (
    <>
      <Combobox
        label={label}
        description={description}
        error={error}
        options={paths.filter((path) => !taken.has(path)).map((path) => ({ value: path, label: path }))}
        picked={[]}
        onPicked={add}
        multiple
        custom={(text) => text}
      />
      {redactions.length > 0 && (
        <ul class="columns" aria-label={own.list}>
          {redactions.map(({ path, how }) => (
            <li key={path}>
              <code>{path}</code>
              <select
                aria-label={own.howOf(path)}
                value={how}
                onChange={(event) => {
                  const chosen = HOW.find((each) => each === event.currentTarget.value) ?? how;
                  onRedactions(redactions.map((each) => (each.path === path ? { path, how: chosen } : each)));
                }}
              >
                {HOW.map((each) => (
                  <option key={each} value={each}>
                    {own[each]}
                  </option>
                ))}
              </select>
              <button
                type="button"
                class="quiet"
                aria-label={texts.remove(path)}
                onClick={() => onRedactions(redactions.filter((each) => each.path !== path))}
              >
                ✕
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
