import { AT, COMPLETED_AT, type Examples, EXPORT_ID, EXPORTED, ROWS } from "../example-values.ts";

const EXPORT_ADDRESS = `https://spillway.example/v1/exports/${EXPORT_ID}`;

const FILE = {
  name: `${EXPORT_ID}-events-20260101000000000-20260108000000000.json.gz`,
  rows: ROWS,
  bytes: 25_164_113,
  uncompressed_bytes: 146_315_430,
  sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
};

const URL_OF_FILE = `https://bucket.example/exports/${FILE.name}?X-Amz-Expires=900&X-Amz-Signature=5d1c`;

const QUEUED_EXPORT = {
  id: EXPORT_ID,
  dataset: "activity_events",
  status: "queued",
  created_at: AT,
  started_at: null,
  completed_at: null,
  expires_at: null,
  snapshot_at: AT,
  progress: {
    phase: "planning",
    rows_written: 0,
    rows_total: null,
    files_written: 0,
    files_total: null,
    bytes_written: 0,
    percent: null,
    eta_seconds: null,
  },
  message: null,
  warnings: [],
  error: null,
  next_retry_at: null,
  request: {
    dataset: "activity_events",
    start: "2026-01-01T00:00:00.000Z",
    end: "2026-01-08T00:00:00.000Z",
    ...EXPORTED,
  },
  delivery: { type: "download" },
  schedule_id: null,
  files: [],
  content_url: `${EXPORT_ADDRESS}/content`,
  download_url: null,
  url_expires_at: null,
  manifest_url: null,
  verification: null,
};

const COMPLETED_EXPORT = {
  ...QUEUED_EXPORT,
  status: "completed",
  started_at: "2026-01-15T10:23:45.310Z",
  completed_at: COMPLETED_AT,
  expires_at: "2026-01-22T10:23:58.902Z",
  progress: {
    phase: "done",
    rows_written: FILE.rows,
    rows_total: FILE.rows,
    files_written: 1,
    files_total: 1,
    bytes_written: FILE.bytes,
    percent: 100,
    eta_seconds: null,
  },
  manifest_url: `${EXPORT_ADDRESS}/manifest`,
};

/** As a list shows it: without its files and links. */
const {
  files: _files,
  download_url: _link,
  url_expires_at: _until,
  verification: _last,
  ...LISTED_EXPORT
} = COMPLETED_EXPORT;

const VERIFICATION = {
  status: "finished",
  reason: "requested",
  started_at: "2026-01-16T09:00:00.000Z",
  verified_at: "2026-01-16T09:00:01.204Z",
  ok: false,
  files_total: 2,
  files_checked: 2,
  bytes_total: FILE.bytes + 1_204,
  bytes_read: 1_204,
  missing: 1,
  changed: 0,
  unreadable: 0,
  files: [
    {
      name: FILE.name,
      status: "missing",
      detail: "No object is at this key any more. Restore it from a version or a copy, or ask for a new export.",
    },
    { name: `_${EXPORT_ID}-manifest.json`, status: "ok", detail: null },
  ],
};

export const exportExamples: Examples = {
  Verification: VERIFICATION,
  listVerificationProblems: { data: VERIFICATION.files.slice(0, 1), next_cursor: null },
  createExport: QUEUED_EXPORT,
  listExports: { data: [LISTED_EXPORT], next_cursor: null },
  listExportFiles: { data: [{ ...FILE, url: URL_OF_FILE }], next_cursor: null },
  Export: {
    ...COMPLETED_EXPORT,
    files: [{ ...FILE, url: URL_OF_FILE }],
    download_url: URL_OF_FILE,
    url_expires_at: "2026-01-15T10:39:02.000Z",
  },
  getExportTimeline: {
    data: [
      { at: AT, type: "export.created", detail: {} },
      { at: "2026-01-15T10:23:45.310Z", type: "export.started", detail: {} },
      { at: "2026-01-15T10:23:45.702Z", type: "export.planned", detail: { rows: ROWS, chunks: 11 } },
      {
        at: "2026-01-15T10:23:47.020Z",
        type: "export.attempt_failed",
        detail: {
          step: "chunk",
          n: 3,
          attempt: 1,
          code: "destination_unavailable",
          owner: "service",
          retry_in_seconds: 3,
        },
      },
      { at: COMPLETED_AT, type: "export.completed", detail: { rows: ROWS } },
    ],
    next_cursor: null,
  },
  Manifest: {
    export: { id: EXPORT_ID, dataset: "activity_events", request: QUEUED_EXPORT.request },
    snapshot: { sequence: 812, at: AT },
    columns: [
      { name: "definitionId", type: "text", nullable: false },
      { name: "occurredAt", type: "date", nullable: false },
      { name: "amount", type: "number", nullable: true },
    ],
    files: [
      {
        ...FILE,
        first: { time: "2026-01-01T00:00:00.412Z", id: "order-9f3c" },
        last: { time: "2026-01-07T23:59:58.120Z", id: "order-c102" },
      },
    ],
    totals: { files: 1, rows: FILE.rows, bytes: FILE.bytes, uncompressed_bytes: FILE.uncompressed_bytes },
  },
  SegmentProfilesDocument: {
    profiles: {
      "p-1": {
        sections: {
          default: {
            attributes: { tier: { value: "gold" }, newsletter: { value: null } },
            events: [
              {
                correlationId: "order-9f3c",
                sourceEventTime: 1_767_225_600_412,
                typeId: "order_placed:1",
                createdAt: 1_767_225_601_005,
                data: { order_id: "A-17", amount: 49.9 },
              },
            ],
          },
        },
      },
    },
  },
  Estimate: { rows: FILE.rows, files: 1, bytes_estimate: 25_000_000, warnings: [] },
};
