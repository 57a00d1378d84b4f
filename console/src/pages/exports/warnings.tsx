/** What the request names and nothing in the space has. */

import type { Finding } from "spillway-client";
import { texts } from "../../texts.ts";

export function Warnings({ warnings }: { warnings: readonly Finding[] }) {
  if (warnings.length === 0) return null;
  return (
    <section class="notice warn-notice" aria-labelledby="warnings">
      <h2 id="warnings">{texts.exports.warnings}</h2>
      <ul>
        {warnings.map(({ pointer, detail }) => (
          <li key={`${pointer} ${detail}`}>
            {detail} <code class="small">{pointer}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}
