/** The columns of the result: which values, in which order, under which names. None: every column. */

import type { ComponentChildren } from "preact";
import { texts } from "../../texts.ts";
import { Combobox } from "../../ui/combobox.tsx";
import type { ColumnValue } from "./request.ts";

const own = texts.newExport.columns;

interface Props {
  label: string;
  description: ComponentChildren;
  error: string | undefined;
  /** To pick from. Others may be typed: definitions may have grown. */
  paths: readonly string[];
  columns: readonly ColumnValue[];
  onColumns: (columns: readonly ColumnValue[]) => void;
}

export function ColumnsField({ label, description, error, paths, columns, onColumns }: Props) {
  const change = (place: number, as: string) =>
    onColumns(columns.map((column, other) => (other === place ? { ...column, as } : column)));
  const swap = (place: number, by: -1 | 1) => {
    const moved = [...columns];
    const [one, other] = [moved[place], moved[place + by]];
    if (one === undefined || other === undefined) return;
    moved[place] = other;
    moved[place + by] = one;
    onColumns(moved);
  };
  return (
    <>
      <Combobox
        label={label}
        description={description}
        error={error}
        options={paths.map((path) => ({ value: path, label: path }))}
        picked={[]}
        onPicked={(picked) => onColumns([...columns, ...picked.map((path) => ({ path, as: "" }))])}
        multiple
        custom={(text) => text}
      />
      {columns.length > 0 && (
        <ol class="columns" aria-label={own.list}>
          {columns.map(({ path, as }, place) => (
            <li key={`${place} ${path}`}>
              <code>{path}</code>
              <input
                type="text"
                aria-label={own.nameOf(path)}
                placeholder={path}
                value={as}
                spellcheck={false}
                onInput={(event) => change(place, event.currentTarget.value)}
              />
              <button
                type="button"
                class="quiet"
                aria-label={own.up(path)}
                disabled={place === 0}
                onClick={() => swap(place, -1)}
              >
                ↑
              </button>
              <button
                type="button"
                class="quiet"
                aria-label={own.down(path)}
                disabled={place === columns.length - 1}
                onClick={() => swap(place, 1)}
              >
                ↓
              </button>
              <button
                type="button"
                class="quiet"
                aria-label={texts.remove(path)}
                onClick={() => onColumns(columns.filter((_, other) => other !== place))}
              >
                ✕
              </button>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}
