/** The time that an export covers, for people. */

import { texts } from "../texts.ts";
import { Time } from "../ui/time.tsx";
import { windowOf } from "./window.ts";

/** @param request of an export. */
export function ShownWindow({ request }: { request: object }) {
  const window = windowOf(request);
  if (window === null) return <>{texts.exports.noWindow}</>;
  if (window.kind === "days")
    return <>{window.first === window.last ? window.first : `${window.first} – ${window.last}`}</>;
  return (
    <>
      <Time at={window.start} /> – {window.end === null ? texts.exports.openEnd : <Time at={window.end} />}
    </>
  );
}
