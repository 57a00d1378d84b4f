/**
 * The service's output as `npm run dev` shows it: wrangler's banner, bindings and warnings are kept back until the
 * service answers, then its log follows without what repeats itself.
 */

import { stripVTControlCharacters } from "node:util";

/** The table of bindings after each reload, requests of this command's own, and idle runs of the cron. */
const HIDDEN = [
  /^Your Worker has access to the following bindings:/,
  /^Binding +Resource +Mode/,
  /^env\.[A-Z_]+ /,
  /^Using secrets defined in /,
  /Connection status updated$/,
  /Logs were written to /,
  /^\[wrangler:info\] (Ready on|GET \/healthz |GET \/cdn-cgi\/local\/scheduled )/,
  /^\{"event":"request",.*"method":"GET","route":"\/healthz","status":200/,
  /^\{"event":"sweep","tasks":\d+\}$/,
  /^\{"event":"sweep\.slice",.*"more":false,/,
  /^\{"event":"queue\.batch","queue":"spillway-maintenance",/,
  /^\[wrangler:info\] QUEUE spillway-maintenance /,
];

/** In the addresses of wrangler's log of requests: a segment as long as a token or a link's secret is cut. */
const REQUEST = /^\[wrangler:info\] [A-Z]+ \//;
const SECRET = /(?<=\/)[^\s/]{64,}/g;

export class QuietOutput {
  readonly #write: (line: string) => void;
  readonly #filters: boolean;
  #isOpen: boolean;
  #held: string[] = [];

  /** @param filters false shows every line at once. */
  constructor(write: (line: string) => void, filters: boolean) {
    this.#write = write;
    this.#filters = filters;
    this.#isOpen = !filters;
  }

  /**
   * An error during the start shows at once, with the lines before it: wrangler waits for a change of the source then.
   */
  take(line: string): void {
    const plain = stripVTControlCharacters(line);
    if (this.#isOpen) {
      if (!this.#filters || (plain.trim() !== "" && !HIDDEN.some((pattern) => pattern.test(plain))))
        this.#write(this.#filters && REQUEST.test(plain) ? line.replaceAll(SECRET, "…") : line);
      return;
    }
    this.#held.push(line);
    if (!plain.includes("[ERROR]")) return;
    for (const held of this.#held) this.#write(held);
    this.open();
  }

  /** The service answers: from here on its log is shown. */
  open(): void {
    this.#held = [];
    this.#isOpen = true;
  }
}
