/** Entries of a timeline as sentences. Pure. */

import type { TimelineEntry } from "spillway-client";
import { texts } from "../../texts.ts";
import { count, counted, span } from "../../ui/format.ts";

const words = texts.exports.timeline;

/** What happened, with the numbers that the entry has. A number that is missing is left out. */
export function entryText({ type, detail }: TimelineEntry): string {
  const number = (name: string) => (typeof detail[name] === "number" ? detail[name] : null);
  const text = (name: string) => (typeof detail[name] === "string" ? detail[name] : "");
  const counts = (name: string, noun: string) => {
    const value = number(name);
    return value === null ? null : counted(value, noun);
  };
  switch (type) {
    case "export.created":
    case "export.started":
    case "export.resent":
    case "export.canceled":
    case "export.retried":
    case "export.expired":
      return words.plain[type];
    case "export.planned":
      return withFacts(words.planned, [counts("rows", "record"), counts("chunks", "chunk")]);
    case "export.completed":
      return withFacts(words.completed, [counts("rows", "row")]);
    case "export.failed":
      return withFacts(words.failed, [text("code"), owner(text("owner"))]);
    case "export.attempt_failed": {
      const wait = number("retry_in_seconds");
      return withFacts(words.attemptFailed(number("attempt") ?? 1, step(text("step"), number("n"))), [
        text("code"),
        owner(text("owner")),
        wait === null ? null : words.retryIn(span(wait)),
      ]);
    }
    case "export.verification_started":
      return withFacts(words.verificationStarted, [counts("files", "file")]);
    case "export.verified":
      return detail["ok"] === true
        ? withFacts(words.verified, [counts("files", "file")])
        : withFacts(words.damaged, [
            some(number("missing"), words.missing),
            some(number("changed"), words.changed),
            some(number("unreadable"), words.unreadable),
          ]);
    case "webhook.attempt": {
      const status = number("status_code");
      return withFacts(words.webhook(number("n") ?? 1), [
        status === null ? null : words.answered(status),
        text("error"),
        isDelivered(status) ? words.delivered : null,
      ]);
    }
  }
}

/** Whether an entry tells of something that went wrong. */
export function isBad({ type, detail }: TimelineEntry): boolean {
  if (type === "export.verified") return detail["ok"] !== true;
  if (type === "webhook.attempt") return !isDelivered(detail["status_code"]);
  return type === "export.failed" || type === "export.attempt_failed";
}

/** Any 2xx counts as delivered. */
const isDelivered = (status: unknown) => typeof status === "number" && status >= 200 && status < 300;

const owner = (who: string) =>
  who === "customer" ? words.youMustAct : who === "service" ? words.serviceMustAct : null;

const step = (name: string, n: number | null) => (n === null ? name : `${name} ${count(n)}`);

const some = (value: number | null, what: string) => (value === null || value === 0 ? null : `${count(value)} ${what}`);

function withFacts(sentence: string, facts: readonly (string | null)[]): string {
  const known = facts.filter((fact) => fact !== null && fact !== "");
  return known.length === 0 ? sentence : `${sentence}: ${known.join(", ")}`;
}
