/** The form that the exports of profiles share. */

import type { Source } from "../dataset.ts";

/** NDJSON. */
export const LINES: Pick<Source, "form"> = {
  form: {
    contentType: "application/x-ndjson",
    extension: ".ndjson",
    before: "",
    between: "",
    lineEnd: "\n",
    after: "",
  },
};
