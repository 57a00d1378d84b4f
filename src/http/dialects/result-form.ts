/**
 * The form of an export's result. Calls below /v1 create exports of the same datasets in many forms; a dialect shows
 * those alone that its client could have created, or reads like them.
 */

import type { ExportRow } from "../../db/exports/exports.ts";
import type { ExportRequest } from "../../export/api/request.ts";

interface ResultForm extends Pick<ExportRequest, "dataset" | "layout" | "format" | "compression"> {
  delivery: ExportRequest["delivery"]["type"];
}

/** Is the export's result of this form? Members that the form does not name may be anything. */
export function hasForm(row: ExportRow, form: Partial<ResultForm>): boolean {
  const { dataset, layout, format, compression, delivery } = JSON.parse(row.request) as ExportRequest;
  const own: ResultForm = { dataset, layout, format, compression, delivery: delivery.type };
  return Object.entries(form).every(([name, value]) => own[name as keyof ResultForm] === value);
}
