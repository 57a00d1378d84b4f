/** The Worker's isolate, and no simulator's, by the V8 inspector that `wrangler dev` opens: CPU time and memory. */

/** Microseconds between two samples. */
const INTERVAL_US = 250;

/** A function of the Worker, and how many samples found it running. */
interface ProfileNode {
  id: number;
  callFrame: { functionName: string; scriptId: string; url: string; lineNumber: number };
  hitCount?: number;
  children?: number[];
}

interface Profile {
  nodes: ProfileNode[];
  timeDeltas: number[];
}

/** A function's own time, without that of the functions that it called. */
export interface SelfTime {
  name: string;
  /** The source file: of a built-in function, that of its caller. Null: called by the runtime. */
  file: string | null;
  ms: number;
}

/** @param port of `--inspector-port`. */
async function inspect<Result>(port: number, job: (session: Session) => Promise<Result>): Promise<Result> {
  // The inspector refuses a client that names no local page.
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: { origin: "http://localhost" } });
  const session = new Session(socket);
  await session.opened;
  try {
    return await job(session);
  } finally {
    socket.close();
  }
}

/** @param port of `--inspector-port`. @returns the bytes that the Worker holds after a garbage collection. */
export const liveBytes = (port: number): Promise<number> =>
  inspect(port, async (session) => {
    await session.call("HeapProfiler.enable");
    await session.call("HeapProfiler.collectGarbage");
    const heap = await session.call<{ usedSize: number; backingStorageSize: number }>("Runtime.getHeapUsage");
    return heap.usedSize + heap.backingStorageSize;
  });

/** @param port of `--inspector-port`. @returns what ran during the job. */
export const profiled = (port: number, job: () => Promise<void>): Promise<SelfTime[]> =>
  inspect(port, async (session) => {
    await session.call("Profiler.enable");
    await session.call("Profiler.setSamplingInterval", { interval: INTERVAL_US });
    await session.call("Profiler.start");
    await job();
    const { profile } = await session.call<{ profile: Profile }>("Profiler.stop");
    await session.call("Debugger.enable");
    return selfTimes(profile, session);
  });

interface Answer {
  result?: unknown;
  error?: { message: string };
}

/** Calls of the Chrome DevTools protocol, in which an answer has the number of its call. */
class Session {
  readonly opened: Promise<void>;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.opened = new Promise((resolve, reject) => {
      socket.addEventListener("open", () => resolve());
      socket.addEventListener("error", () => reject(new Error("The inspector refused the connection.")));
    });
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(String(data)) as Answer & { id?: number };
      if (message.id !== undefined) this.#waiting.get(message.id)?.(message);
    });
  }

  async call<Result>(method: string, params: Record<string, unknown> = {}): Promise<Result> {
    this.#calls += 1;
    const id = this.#calls;
    const answer = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result as Result;
  }
}

/**
 * Samples are taken only while the isolate runs: the time between two of them may be a simulator's. So a sample counts
 * as the usual time between two.
 */
async function selfTimes({ nodes, timeDeltas }: Profile, session: Session): Promise<SelfTime[]> {
  const usual = timeDeltas.toSorted((a, b) => a - b)[timeDeltas.length >> 1] ?? INTERVAL_US;
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)));
  const bundles = new Map<string, (line: number) => string | null>();
  const times: SelfTime[] = [];
  for (const node of nodes) {
    if (!node.hitCount || NOT_THE_WORKER.has(node.callFrame.functionName)) continue;
    let file: string | null = null;
    for (let at: ProfileNode | undefined = node; at !== undefined && file === null; at = parents.get(at.id)) {
      const { url, scriptId, lineNumber } = at.callFrame;
      if (url.startsWith("cloudflare-internal:d1")) file = url;
      if (!url.endsWith(".js")) continue;
      const known: (line: number) => string | null = bundles.get(scriptId) ?? (await moduleFinder(session, scriptId));
      bundles.set(scriptId, known);
      file = known(lineNumber);
    }
    times.push({ name: node.callFrame.functionName, file, ms: (node.hitCount * usual) / 1000 });
  }
  return times;
}

const NOT_THE_WORKER = new Set(["(idle)", "(program)", "(root)"]);

/** esbuild puts each module's path in a comment before it. */
async function moduleFinder(session: Session, scriptId: string): Promise<(line: number) => string | null> {
  const { scriptSource } = await session.call<{ scriptSource: string }>("Debugger.getScriptSource", { scriptId });
  const starts = scriptSource.split("\n").flatMap((text, line) => {
    const path = /^\/\/ ((?:src|node_modules|\.\.)\/\S+)$/.exec(text)?.[1];
    return path === undefined ? [] : [{ line, path }];
  });
  return (line) => starts.findLast((start) => start.line <= line)?.path ?? null;
}
