-- Times are epoch milliseconds in UTC. Every row of a space carries its space_id.

CREATE TABLE spaces (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  timezone TEXT NOT NULL,
  retention_days INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'inactive', 'deleting')),
  external_id TEXT NOT NULL UNIQUE,
  webhook_secret TEXT NOT NULL, -- sealed: see outbound/seal.ts
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) WITHOUT ROWID;
CREATE INDEX spaces_by_age ON spaces (created_at DESC, id DESC);

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  space_id TEXT NOT NULL,
  name TEXT NOT NULL,
  secret_sha256 TEXT NOT NULL, -- hex; the secret itself is nowhere
  scopes TEXT NOT NULL, -- JSON array
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX api_keys_by_space ON api_keys (space_id, created_at DESC, id DESC);

CREATE TABLE exports (
  id TEXT PRIMARY KEY,
  space_id TEXT NOT NULL,
  dataset TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('queued', 'processing', 'completed', 'failed', 'canceled', 'expired')),
  phase TEXT NOT NULL CHECK (phase IN ('planning', 'writing', 'assembling', 'finishing', 'done')),
  request TEXT NOT NULL, -- as sent, defaults filled in, secrets removed
  query TEXT NOT NULL, -- what the dataset froze of it
  layout TEXT NOT NULL CHECK (layout IN ('single', 'files')),
  file_rows INTEGER NOT NULL,
  snapshot_seq INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  completed_at INTEGER,
  expires_at INTEGER,
  wake_at INTEGER NOT NULL, -- when the sweep may take this export for stuck
  attempts INTEGER NOT NULL DEFAULT 0, -- failed attempts since the last step that succeeded
  next_retry_at INTEGER,
  error_code TEXT,
  rows_total INTEGER, -- null until planned
  message TEXT,
  manifest_sha256 TEXT,
  files_purged_at INTEGER
) WITHOUT ROWID;
CREATE INDEX exports_by_space ON exports (space_id, created_at DESC, id DESC);
CREATE INDEX exports_in_flight ON exports (wake_at) WHERE status IN ('queued', 'processing');
CREATE INDEX exports_to_expire ON exports (expires_at) WHERE status = 'completed';
CREATE INDEX exports_pending ON exports (space_id) WHERE status IN ('queued', 'processing');

-- The ledger: what a chunk was planned to read, and what it wrote. Bounds are keys [lower, upper).
CREATE TABLE chunks (
  space_id TEXT NOT NULL,
  export_id TEXT NOT NULL,
  n INTEGER NOT NULL,
  file_n INTEGER NOT NULL,
  lower_time INTEGER NOT NULL, lower_id TEXT NOT NULL,
  upper_time INTEGER NOT NULL, upper_id TEXT NOT NULL,
  records INTEGER NOT NULL, -- counted by the plan
  done INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER NOT NULL DEFAULT 0,
  rows_so_far INTEGER NOT NULL DEFAULT 0, -- while it is written, for the poll
  records_read INTEGER, rows INTEGER, bytes INTEGER, uncompressed_bytes INTEGER,
  crc32 INTEGER, sha256 TEXT,
  first_time INTEGER, first_id TEXT, last_time INTEGER, last_id TEXT,
  PRIMARY KEY (export_id, n)
) WITHOUT ROWID;
CREATE INDEX chunks_by_file ON chunks (export_id, file_n, n);
CREATE INDEX chunks_undone ON chunks (export_id) WHERE done = 0;

CREATE TABLE files (
  space_id TEXT NOT NULL,
  export_id TEXT NOT NULL,
  n INTEGER NOT NULL,
  name TEXT NOT NULL,
  done INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER NOT NULL DEFAULT 0,
  upload_id TEXT, -- of a multipart upload under way, so that the next try can end it
  rows INTEGER, bytes INTEGER, uncompressed_bytes INTEGER, sha256 TEXT,
  PRIMARY KEY (export_id, n)
) WITHOUT ROWID;
