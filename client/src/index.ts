/** The package's entry: everything that a program may import of `spillway-client`. */

export type { Accepted, SendOptions } from "./batches.ts";
export {
  type ClientFailure,
  type ExportFailed,
  type Fault,
  type FileDamaged,
  type ProblemError,
  SpillwayError,
  type UnexpectedAnswer,
  type WaitTimedOut,
} from "./errors.ts";
export type { DownloadOptions, DownloadProgress, FileSink } from "./exports/download.ts";
export type { CreateOptions, ExportJob, Exports, VerificationJob } from "./exports/exports.ts";
export type { CompletedExport, ExportFile, ExportRequest } from "./exports/request.ts";
export type { VerificationWait, WaitOptions } from "./exports/wait.ts";
export type * from "./generated/types.gen.ts";
export { type Page, Pages } from "./pages.ts";
export type { EventOptions, ListedRow, ListEventsQuery, NewEvent } from "./resources/events.ts";
export type { ProfileChange } from "./resources/profiles.ts";
export type { NewReachabilityEvent, NewTouchpoint } from "./resources/touchpoints.ts";
export type { RetryLimits } from "./retries.ts";
export { type RequestOptions, Spillway } from "./spillway.ts";
export type { CallOptions, Retry, SpillwayOptions } from "./transport.ts";
export { verifyWebhook, type WebhookEvent, type WebhookHeaders } from "./webhook.ts";
