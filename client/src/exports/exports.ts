/** Exports: creating them, waiting for them, and everything that can be asked of one. */

import {
  cancelExport,
  createExport,
  deleteExport,
  estimateExport,
  getExport,
  getExportLoadStatements,
  getExportContent,
  getExportManifest,
  getExportTimeline,
  listExportFiles,
  listExports,
  retryExport,
  verifyExport,
} from "../generated/sdk.gen.ts";
import type {
  Estimate,
  Export,
  GetExportLoadStatementsData,
  GetExportManifestResponse,
  ListedExport,
  ListExportsData,
  TimelineEntry,
  Verification,
} from "../generated/types.gen.ts";
import type { Pages } from "../pages.ts";
import type { Answer, CallOptions, Transport } from "../transport.ts";
import { downloadExport, downloadFile, type DownloadOptions, type FileSink } from "./download.ts";
import type { Bytes } from "./read.ts";
import type { CompletedExport, ExportFile, ExportRequest } from "./request.ts";
import { type VerificationWait, waitForExport, waitForVerification, type WaitOptions } from "./wait.ts";

/** The export as it was created, and the way to its end. */
export type ExportJob = Promise<Export> & {
  /** Waits until it is completed. @throws SpillwayError `export_ended` where it ends in another way. */
  wait(options?: WaitOptions): Promise<CompletedExport>;
};

/** The verification as it was asked for, and the way to its end. */
export type VerificationJob = Promise<Verification> & {
  /** Waits until it is finished: `ok` says whether every file is as it was written. */
  wait(options?: VerificationWait): Promise<Verification>;
};

export interface CreateOptions extends CallOptions {
  /**
   * Makes the call repeatable for 24 hours, by other processes too: the same key gives the same export. By default the
   * client makes a key for each call, so that its own retries create one export.
   */
  idempotencyKey?: string;
}

export class Exports {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Creates an export: `await create(…)` gives it as it is queued, `await create(…).wait()` when it is completed. */
  create(request: ExportRequest, { idempotencyKey, ...options }: CreateOptions = {}): ExportJob {
    const headers = { "Idempotency-Key": idempotencyKey ?? crypto.randomUUID() };
    const created = this.#transport.repeatable(
      (wiring) => createExport({ ...wiring, body: request, headers }),
      options,
    );
    const wait = async (waiting?: WaitOptions) => this.wait((await created).id, { ...options, ...waiting });
    return Object.assign(created, { wait });
  }

  /** The export in its current state, with fresh links to its first 100 files. */
  get(id: string, options?: CallOptions): Promise<Export> {
    return this.#transport.repeatable((wiring) => getExport({ ...wiring, path: { id } }), options);
  }

  /** Exports without their files and links, newest first. */
  list(query?: NonNullable<ListExportsData["query"]>, options?: CallOptions): Pages<ListedExport> {
    return this.#transport.pages(query, (wiring, query) => listExports({ ...wiring, query }), options);
  }

  /** Counts what an export would have. Creates nothing. */
  estimate(request: ExportRequest, options?: CallOptions): Promise<Estimate> {
    return this.#transport.repeatable((wiring) => estimateExport({ ...wiring, body: request }), options);
  }

  /** Polls until the export ends. @throws SpillwayError `export_ended`, `wait_timed_out` */
  wait(id: string, options?: WaitOptions): Promise<CompletedExport> {
    return waitForExport(this.#transport, id, options);
  }

  /** Stops an export. @throws SpillwayError `conflict` where it has ended already. */
  cancel(id: string, options?: CallOptions): Promise<Export> {
    return this.#transport.once((wiring) => cancelExport({ ...wiring, path: { id } }), options);
  }

  /** Queues a failed export again; it goes on after its last complete file. */
  retry(id: string, options?: CallOptions): Promise<Export> {
    return this.#transport.once((wiring) => retryExport({ ...wiring, path: { id } }), options);
  }

  /** Cancels an export that is in progress; deletes one that has ended, with its files in the service's bucket. */
  delete(id: string, options?: CallOptions): Promise<void> {
    return this.#transport.removal((wiring) => deleteExport({ ...wiring, path: { id } }), options);
  }

  /** What happened to an export, oldest first. */
  timeline(id: string, options?: CallOptions): Pages<TimelineEntry> {
    return this.#transport.pages({}, (wiring, query) => getExportTimeline({ ...wiring, path: { id }, query }), options);
  }

  /** Every file of a completed export, each page with fresh links. */
  files(id: string, options?: CallOptions): Pages<ExportFile> {
    const query = { limit: 200 };
    return this.#transport.pages(
      query,
      (wiring, query) => listExportFiles({ ...wiring, path: { id }, query }),
      options,
    );
  }

  /**
   * Has the service read every file back from where it is. A short verification is finished at once; `verify(…).wait()`
   * waits for the end of a long one.
   */
  verify(id: string, options?: CallOptions): VerificationJob {
    const asked = this.#transport.repeatable((wiring) => verifyExport({ ...wiring, path: { id } }), options);
    const wait = async (waiting?: VerificationWait) =>
      waitForVerification(this.#transport, id, await asked, { ...options, ...waiting });
    return Object.assign(asked, { wait });
  }

  /** Statements that make a table of the export's columns, and load its files. */
  load(id: string, query: GetExportLoadStatementsData["query"], options?: CallOptions): Promise<string> {
    return this.#transport.repeatable(
      (wiring) => getExportLoadStatements({ ...wiring, path: { id }, query, parseAs: "text" }),
      options,
    );
  }

  /** Rows, bytes and SHA-256 of every file. */
  manifest(id: string, options?: CallOptions): Promise<GetExportManifestResponse> {
    return this.#transport.repeatable((wiring) => getExportManifest({ ...wiring, path: { id } }), options);
  }

  /**
   * The whole result as one stream, decompressed, through the service: also where a browser cannot reach the bucket.
   */
  content(id: string, options?: CallOptions): Promise<ReadableStream<Bytes>> {
    return this.#transport.repeatable(
      (wiring) =>
        // The generated type is that of the text: the stream is never held as one.
        getExportContent({ ...wiring, path: { id }, parseAs: "stream" }) as unknown as Promise<
          Answer<ReadableStream<Bytes>>
        >,
      options,
    );
  }

  /**
   * Every file of a completed export, one after the other or several at once. The bytes are those of the stored object,
   * still compressed. A broken connection is continued where it broke.
   * @param sink takes a file. Its stream fails after the last byte where size or SHA-256 are not those of the manifest.
   * @throws SpillwayError `file_damaged`; what `sink` throws
   */
  download(id: string, sink: FileSink, options: DownloadOptions = {}): Promise<void> {
    return downloadExport(this.#transport, id, sink, options);
  }

  /** One stored file, still compressed, checked as in `download`. */
  file(id: string, name: string, options: CallOptions = {}): Promise<ReadableStream<Bytes>> {
    return downloadFile(this.#transport, id, name, options);
  }
}
