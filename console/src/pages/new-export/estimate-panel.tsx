/** The estimate beside the form: rows, files and bytes, what is unusual, or why there is none yet. */

import type { Estimate } from "spillway-client";
import { sentenceOf } from "../../session/open-session.ts";
import { texts } from "../../texts.ts";
import { count, size } from "../../ui/format.ts";
import type { EstimateState } from "./use-estimate.ts";

const words = texts.newExport.estimate;

export const EstimatePanel = ({ estimate }: { estimate: EstimateState }) => (
  <section class="card estimate" aria-labelledby="estimate">
    <h2 id="estimate">{words.title}</h2>
    <div aria-live="polite">
      <Content estimate={estimate} />
    </div>
  </section>
);

function Content({ estimate }: { estimate: EstimateState }) {
  switch (estimate.state) {
    case "forbidden":
    case "incomplete":
    case "settling":
    case "counting":
      return <p class="small">{words[estimate.state]}</p>;
    case "waiting":
      return <p class="warn">{words.waiting(estimate.seconds)}</p>;
    case "failed":
      return (
        <>
          <p class="bad">
            {words.failed} {sentenceOf(estimate.error)}
          </p>
          <button type="button" onClick={estimate.retry}>
            {texts.tryAgain}
          </button>
        </>
      );
    case "known":
      return <Figures estimate={estimate.estimate} />;
  }
}

function Figures({ estimate }: { estimate: Estimate }) {
  const { files, bytes_estimate: bytes, warnings } = estimate;
  const isWhole = "rows" in estimate;
  const rows = isWhole ? estimate.rows : estimate.rows_at_least;
  return (
    <>
      <dl class="facts">
        <dt>{words.rows}</dt>
        <dd>{isWhole ? count(rows) : words.atLeast(count(rows))}</dd>
        <dt>{words.files}</dt>
        <dd>{count(files)}</dd>
        <dt>{words.bytes}</dt>
        <dd>{words.about(size(bytes))}</dd>
      </dl>
      {rows === 0 && <p class="warn">{words.noRows}</p>}
      {!isWhole && <p class="small">{words.partly}</p>}
      {warnings.length > 0 && (
        <>
          <h3>{words.warnings}</h3>
          <ul class="warn">
            {warnings.map(({ pointer, detail }) => (
              <li key={pointer + detail}>{detail}</li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
