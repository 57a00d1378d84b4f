/** The numbers of all days together, as cards. */

import type { ComponentChildren } from "preact";
import type { Percentiles, Stats } from "spillway-client";
import { texts } from "../../texts.ts";
import { count, size, span } from "../../ui/format.ts";

const { totals } = texts.overview;

export function Totals({ total: { exports, webhooks } }: Pick<Stats, "total">) {
  const { customer, service } = exports.failed;
  return (
    <dl class="totals">
      <Card name={totals.completed} value={count(exports.completed)}>
        {totals.created(count(exports.created), count(exports.canceled))}
      </Card>
      <Card name={totals.rows} value={count(exports.rows)} />
      <Card name={totals.bytes} value={size(exports.bytes)} />
      <Card name={totals.duration} value={half(exports.seconds)}>
        {most(exports.seconds)}
      </Card>
      <Card name={totals.failures} value={count(customer + service)}>
        {totals.owners(count(customer), count(service))}
      </Card>
      <Card name={totals.webhooks} value={count(webhooks.delivered)}>
        {totals.lag(count(webhooks.failed), half(webhooks.lag_seconds))}
      </Card>
    </dl>
  );
}

interface CardProps {
  name: string;
  value: string;
  /** A line below. */
  children?: ComponentChildren;
}

const Card = ({ name, value, children }: CardProps) => (
  <div class="card">
    <dt>{name}</dt>
    <dd>
      <strong>{value}</strong>
      {children !== undefined && <span class="small">{children}</span>}
    </dd>
  </div>
);

const half = ({ p50 }: Percentiles) => (p50 === null ? "–" : span(p50));
const most = ({ p95 }: Percentiles) => (p95 === null ? null : totals.most(span(p95)));
