/** The Worker that a call is about, and what the API shows of its bindings. */

import { Refusal } from "./answers.ts";
import type { Call } from "./routes.ts";
import type { Worker } from "./state.ts";

const NO_WORKER = { script: 10007, service: 10090 };

/** @throws a refusal with the code of the kind of call. */
export function findWorker({ account, param }: Call, as: keyof typeof NO_WORKER = "script"): Worker {
  const worker = account.workers.find(({ name }) => name === param("worker"));
  if (worker === undefined) throw new Refusal(404, NO_WORKER[as], "This Worker does not exist on your account.");
  return worker;
}

/** Nothing that the API answers has a secret's value. */
export function shown(bindings: readonly { type: string; name: string }[]) {
  return bindings.map((binding) =>
    binding.type === "secret_text" ? { type: binding.type, name: binding.name } : binding,
  );
}
