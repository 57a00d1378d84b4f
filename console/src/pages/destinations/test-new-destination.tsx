/**
 * The last step of the wizard: the connection test of what was made, with the ways to mend it until the test passes.
 */

import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { texts } from "../../texts.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { Steps } from "../../ui/steps.tsx";
import { ConnectionTest } from "./connection-test.tsx";
import { STEP } from "./places.ts";
import { useDestination } from "./queries.ts";

const t = texts.destinations;

export function TestNewDestination({ id }: { id: string }) {
  const [isPassed, setPassed] = useState(false);
  return (
    <Page title={t.newTitle}>
      <Steps names={t.steps} current={STEP.test} />
      <Loaded query={useDestination(id)}>
        {({ name }) => (
          <>
            <h2>{t.made(name)}</h2>
            <ConnectionTest id={id} onOutcome={setPassed} />
            <div class="row destination-next">
              {!isPassed && (
                <Link class="button" href={`/destinations/${id}/change?next=test`}>
                  {t.mend}
                </Link>
              )}
              <Link
                class={isPassed ? "button primary" : "button"}
                href={isPassed ? "/destinations" : `/destinations/${id}`}
              >
                {isPassed ? t.done : t.later}
              </Link>
            </div>
          </>
        )}
      </Loaded>
    </Page>
  );
}
