/** What to do in a space that has no export yet. */

import { Link } from "wouter-preact";
import { useMay, useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Code } from "../../ui/copy.tsx";

const { steps } = texts.overview;

export function FirstSteps() {
  const { door } = useSession();
  const mayCreate = useMay("exports:write");
  return (
    <section class="prose">
      <h2>{steps.title}</h2>
      {door === "console" && (
        <>
          <h3>{steps.send}</h3>
          <p>{steps.sendHelp}</p>
          <Code label={steps.command} text={commandsFor(location.origin)} />
          <p>
            <a href="/docs">{steps.reference}</a>
          </p>
        </>
      )}
      <h3>{steps.create}</h3>
      <p>{steps.createHelp}</p>
      {mayCreate ? (
        <p>
          <Link href="/new" class="button primary">
            {texts.frame.nav.newExport}
          </Link>
        </p>
      ) : (
        <p>{steps.mayNot}</p>
      )}
    </section>
  );
}

const commandsFor = (origin: string) => `npx spillway login --origin ${origin}
npx spillway events import orders.csv --create-profiles`;
