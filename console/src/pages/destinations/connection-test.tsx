/** The connection test: a button that runs it, and each step's outcome with what to do, as often as it takes. */

import { useMutation } from "@tanstack/preact-query";
import { useEffect, useRef } from "preact/hooks";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Failure } from "../../ui/states.tsx";
import { failedSteps, type TestStep, TONES } from "./test-outcome.ts";

const t = texts.destinations;

interface Props {
  id: string;
  /** Told of each test that ended: whether exports can be delivered. */
  onOutcome?: (isPassed: boolean) => void;
}

export function ConnectionTest({ id, onOutcome }: Props) {
  const { spillway } = useSession();
  const work = useMutation({
    mutationFn: () => spillway.destinations.test(id),
    onSuccess: ({ steps }) => onOutcome?.(failedSteps(steps) === 0),
  });
  const { data, error, isPending } = work;
  return (
    <section aria-label={t.test}>
      <p class="prose">{t.testHelp}</p>
      {error !== null && <Failure error={error} />}
      <button type="button" class="primary" disabled={isPending} onClick={() => work.mutate()}>
        {data === undefined ? t.runTest : t.runAgain}
      </button>
      <p role="status">{isPending && t.testing}</p>
      {data !== undefined && !isPending && <Outcome steps={data.steps} />}
    </section>
  );
}

function Outcome({ steps }: { steps: readonly TestStep[] }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [steps]);
  const failed = failedSteps(steps);
  return (
    <>
      <h3 ref={heading} tabIndex={-1} class={failed === 0 ? "good" : "bad"}>
        {failed === 0 ? t.passed : t.failed(failed)}
      </h3>
      <ol class="test-steps">
        {steps.map(({ name, status, detail }) => (
          <li key={name}>
            <strong>{t.testSteps[name]}</strong> <span class={TONES[status]}>{t.testStatuses[status]}</span>
            <p>{detail}</p>
          </li>
        ))}
      </ol>
    </>
  );
}
