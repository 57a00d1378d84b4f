/** How far the space's rate limits were used: a limit that is reached refuses calls of its programs. */

import type { RateLimitUse } from "spillway-client";
import { texts } from "../../texts.ts";
import { count } from "../../ui/format.ts";
import { Table } from "../../ui/table.tsx";

const t = texts.overview.limits;

/** @param uses of all shown days: a policy is in it once. */
export const RateLimits = ({ uses }: { uses: readonly RateLimitUse[] }) =>
  uses.length === 0 ? null : (
    <section>
      <h2>{t.title}</h2>
      <p class="prose small">{t.help}</p>
      <Table
        caption={t.title}
        columns={[
          { heading: t.policy, cell: ({ policy }) => t.policies[policy] },
          { heading: t.highest, align: "end", cell: ({ highest }) => count(highest) },
          { heading: t.refused, align: "end", cell: ({ refused }) => count(refused) },
        ]}
        rows={uses}
        keyOf={({ policy }) => policy}
      />
    </section>
  );
