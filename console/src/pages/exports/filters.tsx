/** The filters above the table. */

import { DATASETS } from "virtual:export-schemas";
import { texts } from "../../texts.ts";
import { SelectField } from "../../ui/field.tsx";
import { words } from "../../ui/format.ts";
import { type Filter, STATUSES, withChange } from "./list-filter.ts";

interface Props {
  filter: Filter;
  onFilter: (filter: Filter) => void;
}

const ANY_STATUS = { value: "", label: texts.exports.anyStatus };
const ANY_DATASET = { value: "", label: texts.exports.anyDataset };

export const Filters = ({ filter, onFilter }: Props) => (
  <search class="row filters">
    <SelectField
      label={texts.exports.columns.status}
      value={filter.status ?? ""}
      onValue={(status) => onFilter(withChange(filter, { status }))}
      options={[ANY_STATUS, ...STATUSES.map((value) => ({ value, label: texts.status[value] }))]}
    />
    <SelectField
      label={texts.exports.columns.dataset}
      value={filter.dataset ?? ""}
      onValue={(dataset) => onFilter(withChange(filter, { dataset }))}
      options={[ANY_DATASET, ...DATASETS.map(({ name }) => ({ value: name, label: words(name) }))]}
    />
  </search>
);
