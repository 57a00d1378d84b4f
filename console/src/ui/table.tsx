/** A table that becomes a list of cards on a phone: each cell then shows its column's heading. */

import type { ComponentChildren } from "preact";

export interface Column<Row> {
  heading: string;
  cell: (row: Row) => ComponentChildren;
  /** Numbers stand at the right. */
  align?: "end";
}

interface Props<Row> {
  /** What the table lists, for screen readers. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
}

export function Table<Row>({ caption, columns, rows, keyOf }: Props<Row>) {
  return (
    <table>
      <caption class="hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ heading, align }) => (
            <th key={heading} scope="col" class={align}>
              {heading}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map(({ heading, cell, align }) => (
              <td key={heading} class={align} data-heading={heading}>
                {/* One element beside the heading that a phone shows, whatever the cell has in it. */}
                <div>{cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
