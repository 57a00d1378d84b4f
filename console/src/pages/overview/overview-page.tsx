/** The page: overview. What happened in the last days, from one call, and the exports that were created last. */

import { keepPreviousData, useQuery } from "@tanstack/preact-query";
import { useSearchParams } from "wouter-preact";
import { SpillwayError } from "spillway-client";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Page } from "../../ui/page.tsx";
import { Failure, Loading } from "../../ui/states.tsx";
import { dayOf } from "../../ui/zoned.ts";
import { FirstSteps } from "./first-steps.tsx";
import { LatestExports } from "./latest-exports.tsx";
import { Period } from "./period.tsx";
import { PlotFigure } from "./plot-figure.tsx";
import { PLOTS } from "./plots.ts";
import { RateLimits } from "./rate-limits.tsx";
import { queryOf, spanOf } from "./span.ts";
import { Totals } from "./totals.tsx";

const LATEST = 5;
/** The counters of a day change with each export: they are read again when the page is opened after this time. */
const FRESH_MS = 30_000;

export function OverviewPage() {
  const { spillway, space } = useSession();
  const [query, setQuery] = useSearchParams();
  const today = dayOf(Date.now(), space.timezone);
  const span = spanOf(query, today);
  const { from, to } = span;
  const stats = useQuery({
    queryKey: ["stats", from, to],
    queryFn: ({ signal }) => spillway.stats({ from, to }, { signal }),
    placeholderData: keepPreviousData,
    staleTime: FRESH_MS,
  });
  const latest = useQuery({
    queryKey: ["exports", "latest"],
    queryFn: async ({ signal }) => (await spillway.exports.list({ limit: LATEST }, { signal }).first()).data,
    staleTime: FRESH_MS,
  });
  if (latest.data?.length === 0 && stats.data?.total.exports.created === 0)
    return (
      <Page title={texts.frame.nav.overview}>
        <FirstSteps />
      </Page>
    );
  const fault = stats.error instanceof SpillwayError ? stats.error.errors[0] : undefined;
  return (
    <Page title={texts.frame.nav.overview}>
      <Period
        span={span}
        today={today}
        onSpan={(next) => setQuery(queryOf(next), { replace: true })}
        error={fault?.detail}
      />
      {stats.isPending && <Loading />}
      {stats.error !== null && fault === undefined && <Failure error={stats.error} retry={stats.refetch} />}
      {stats.data !== undefined && stats.error === null && <Totals total={stats.data.total} />}
      <LatestExports list={latest} />
      {stats.data !== undefined && stats.error === null && (
        <section>
          <h2>{texts.overview.byDay}</h2>
          <p class="small">{texts.overview.zone(stats.data.timezone)}</p>
          <div class="plots">
            {PLOTS.map((plot) => (
              <PlotFigure key={plot.title} plot={plot} days={stats.data.days} />
            ))}
          </div>
        </section>
      )}
      {stats.data !== undefined && stats.error === null && <RateLimits uses={stats.data.total.rate_limits} />}
    </Page>
  );
}
