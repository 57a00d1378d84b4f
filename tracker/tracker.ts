/**
 * tracker.js: the script that a web page loads to send its visitor's events.
 *
 *     <script defer src="https://…/tracker.js" data-key="spw_…"></script>
 *
 * It has no dependency and needs no inline script. Every event waits in localStorage until the service has answered for
 * it: events survive a change of the page, and an event that is sent twice has one id, so it is stored once.
 * scripts/tracker.ts builds it; its size is part of what it promises (docs/tracking-web-pages.md).
 */

import type { Properties, Tracker } from "./api.ts";

interface Visitor {
  /** The `person_id` of the browser's events. */
  id: string;
  /** The person whom the visitor was linked to, as JSON. */
  as?: string;
}

interface Session {
  id: string;
  /** Epoch ms of its first event, and of its last one so far. */
  start: number;
  last: number;
  utm: Properties;
}

declare global {
  interface Window {
    spillway?: Tracker;
  }
  interface Document {
    prerendering?: boolean;
  }
}

const IDLE_MS = 1_800_000;
/** Browsers send 65,536 bytes at most of a page that is left: events, and 13 bytes around them. */
const MAX_BODY_BYTES = 65_000;
/** Waiting events: the oldest are dropped. */
const MAX_WAITING = 500;
const MAX_DELAY_MS = 300_000;
const VISITOR = "spillway.visitor";
const SESSION = "spillway.session";
const EVENT = "spillway.event.";

const script = document.currentScript as HTMLScriptElement;

/** localStorage, or an object where the browser has none for this page or it is full. */
let store: Record<string, string> = {};
try {
  const kept: Record<string, string> | null = localStorage;
  store = kept ?? store;
} catch {
  // The page works without it: then events wait in memory.
}

/** Events of one millisecond are sent in their order. */
let count = 1e5;
/** Names of events that are being sent. */
const flying = new Set<string>();
let failures = 0;
/** Epoch ms: nothing is sent before. */
let pausedUntil = 0;
/** The page before the current one. */
let referrer = document.referrer;

const read = (name: string): unknown => store[name] && JSON.parse(store[name]);

function write(name: string, value: unknown): void {
  const text = JSON.stringify(value);
  try {
    store[name] = text;
  } catch {
    store = { ...store, [name]: text };
  }
}

const uuid = () => crypto.randomUUID();

function newVisitor(): Visitor {
  const visitor = { id: `visitor-${uuid()}` };
  write(VISITOR, visitor);
  return visitor;
}

const visitorNow = () => (read(VISITOR) as Visitor | undefined) ?? newVisitor();

const waiting = () =>
  Object.keys(store)
    .filter((name) => name.startsWith(EVENT))
    .toSorted();

/** Puts an event among those that wait. @param time epoch ms. @param id by default a new one. */
function add(event: Properties, time: number, id: string = uuid()): void {
  const names = waiting();
  for (const name of names.slice(0, Math.max(0, names.length - MAX_WAITING))) delete store[name];
  write(`${EVENT}${time}.${count++}.${id}`, { id, occurred_at: new Date(time).toISOString(), ...event });
  void Promise.resolve().then(() => send());
}

/** Both events of a session have ids that follow from it: two tabs that see its end send one event. */
function addOfSession(definition: string, { id, utm }: Session, time: number, more: Properties): void {
  add(
    {
      definition_id: definition,
      person_id: visitorNow().id,
      session_id: id,
      properties: { sessionId: id, sessionType: "Web", ...utm, ...more },
    },
    time,
    `${id}-${definition}`,
  );
}

/** Ends the session if it is idle. @param idle how long it may be, in ms. */
function endSession(idle = IDLE_MS): void {
  const session = read(SESSION) as Session | undefined;
  if (!session || Date.now() - session.last < idle) return;
  delete store[SESSION];
  const sessionLength = Math.round((session.last - session.start) / 1000);
  addOfSession("sessionEnded", session, session.last + 1, { sessionLength });
}

/** The id of the session that goes on at this time, or begins. */
function sessionAt(time: number): string {
  endSession();
  let session = read(SESSION) as Session | undefined;
  if (!session) {
    const utm = Object.fromEntries(
      [...new URLSearchParams(location.search)].filter(([name]) =>
        /^utm_(source|medium|campaign|term|content)$/.test(name),
      ),
    );
    // Rows of one time are in the order of their ids: a beginning comes before what happens in the session.
    session = { id: uuid(), start: time - 1, last: time, utm };
    addOfSession("sessionStarted", session, session.start, {});
  }
  session.last = time;
  write(SESSION, session);
  return session.id;
}

/** Sends the events that wait, as many as fit. @param leaving the page is left: there is no later. */
async function send(leaving = false): Promise<void> {
  if (!leaving && (flying.size || Date.now() < pausedUntil)) return;
  const names: string[] = [];
  const texts: string[] = [];
  let bytes = 0;
  for (const name of waiting()) {
    if (flying.has(name)) continue;
    const text = store[name] as string;
    bytes += new Blob([text]).size + 1;
    if (bytes > MAX_BODY_BYTES) {
      if (names.length) break;
      console.error("spillway: the event is too large", text);
      delete store[name];
      bytes = 0;
      continue;
    }
    names.push(name);
    texts.push(text);
  }
  if (!names.length) return;
  for (const name of names) flying.add(name);
  let done = names;
  let delay = 0;
  try {
    const response = await fetch(new URL("/v1/events", script.src), {
      method: "POST",
      keepalive: true,
      credentials: "omit",
      headers: { authorization: `Bearer ${script.dataset["key"]}`, "content-type": "application/json" },
      body: `{"events":[${texts.join()}]}`,
    });
    const { status } = response;
    if (status >= 400) {
      if (status === 409 || status === 429 || status >= 500) {
        delay = Number(response.headers.get("retry-after")) * 1000;
        throw status;
      }
      const problem = (await response.json()) as { errors?: { pointer: string }[] };
      console.error("spillway:", problem);
      // The events with a fault are dropped, and the others are sent again; without a place, all have it.
      const wrong = (problem.errors ?? []).flatMap(({ pointer }) => names[Number(pointer.split("/")[2])] ?? []);
      if (wrong.length) done = wrong;
    }
    failures = 0;
  } catch {
    done = [];
    failures += 1;
    delay ||= Math.min(MAX_DELAY_MS, 500 * 2 ** failures) * (1 + Math.random());
    pausedUntil = Date.now() + delay;
  }
  for (const name of done) delete store[name];
  for (const name of names) flying.delete(name);
  setTimeout(send, delay + 1);
}

const tracker: Tracker = {
  track(event, properties = {}) {
    const now = Date.now();
    add({ definition_id: event, person_id: visitorNow().id, session_id: sessionAt(now), properties }, now);
  },

  page(properties) {
    const url = location.href;
    tracker.track("pageView", {
      pageTitle: document.title,
      url,
      referrer,
      websiteLanguage: document.documentElement.lang || null,
      ...properties,
    });
    referrer = url;
  },

  identify(id) {
    let visitor = visitorNow();
    const as = JSON.stringify(id);
    if (visitor.as === as) return;
    if (visitor.as || !id) {
      endSession(0);
      visitor = newVisitor();
    }
    if (!id) return;
    write(VISITOR, { id: visitor.id, as });
    const person = typeof id === "string" ? { person_id: id } : id;
    add({ definition_id: "personMerged", ...person, properties: { mergedPersonId: visitor.id } }, Date.now());
  },
};

if (!window.spillway) {
  window.spillway = tracker;
  const view = () => {
    if (!("manual" in script.dataset)) tracker.page();
  };
  // A page that is shown from the browser's memory is seen again.
  addEventListener("pageshow", (event) => event.persisted && view());
  addEventListener("pagehide", () => void send(true));
  setInterval(endSession, 60_000);
  if (document.prerendering) document.addEventListener("prerenderingchange", view, { once: true });
  else view();
  void send();
}
