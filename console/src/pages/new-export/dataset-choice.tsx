/** The datasets as cards, one of which is chosen. */

import { useId } from "preact/hooks";
import type { DatasetSchema } from "../../export-schema.ts";
import { texts } from "../../texts.ts";
import { words } from "../../ui/format.ts";

interface Props {
  datasets: readonly DatasetSchema[];
  chosen: string;
  onChosen: (name: string) => void;
}

export function DatasetChoice({ datasets, chosen, onChosen }: Props) {
  const group = useId();
  return (
    <fieldset class="datasets">
      <legend>{texts.newExport.dataset}</legend>
      {datasets.map(({ name, description }) => (
        <label key={name} class="card">
          <input type="radio" name={group} value={name} checked={name === chosen} onChange={() => onChosen(name)} />
          <strong>{words(name)}</strong>
          <span class="small">{description}</span>
        </label>
      ))}
    </fieldset>
  );
}
