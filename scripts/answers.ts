/** The fields of responses that the scripts and the live tests use. Times are RFC 3339. */

export interface Space {
  id: string;
  name: string;
  timezone: string;
  retention_days: number;
  external_id: string;
  api_key: string;
}

/** A stored object. `sha256` in hex. */
export interface FileFacts {
  name: string;
  rows: number;
  bytes: number;
  uncompressed_bytes: number;
  sha256: string;
}

export interface ExportView {
  id: string;
  status: "queued" | "processing" | "completed" | "failed" | "canceled" | "expired";
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
  progress: {
    phase: string;
    rows_written: number;
    rows_total: number | null;
    files_written: number;
    files_total: number | null;
    bytes_written: number;
    percent: number | null;
    eta_seconds: number | null;
  };
  message: string | null;
  error: { code: string; message: string; owner: string; retryable: boolean } | null;
  next_retry_at: string | null;
  files: (FileFacts & { url: string })[];
  content_url: string;
  download_url: string | null;
  manifest_url: string | null;
}

export interface Manifest {
  export: { id: string; dataset: string; request: Record<string, unknown> };
  snapshot: { sequence: number; at: string };
  files: (FileFacts & { first: { time: string; id: string } | null; last: { time: string; id: string } | null })[];
  totals: { files: number; rows: number; bytes: number; uncompressed_bytes: number };
}

export interface Accepted {
  accepted: number;
  duplicates: number;
}

/** An error in a request; `pointer` is a JSON pointer into its body. */
export interface Fault {
  pointer: string;
  detail: string;
}

/** An event definition: the names and types of its properties. */
export interface DefinitionView {
  id: string;
  enabled: boolean;
  properties: {
    name: string;
    type: "text" | "boolean" | "date" | "number" | "list";
    /** Of a list's items. */
    fields?: { name: string; type: "text" | "boolean" | "date" | "number" }[];
  }[];
}
