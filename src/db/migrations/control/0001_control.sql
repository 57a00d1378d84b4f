-- The control database: spaces, keys, exports with their ledgers, webhooks, schedules, destinations.
-- Times are epoch milliseconds in UTC. Every row of a space carries its space_id.

CREATE TABLE spaces (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  timezone TEXT NOT NULL,
  retention_days INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'inactive', 'deleting')),
  external_id TEXT NOT NULL UNIQUE,
  webhook_secret TEXT NOT NULL, -- encrypted: see outbound/encryption.ts
  previous_webhook_secret TEXT, -- encrypted; signs beside the current one until the time below
  previous_webhook_secret_until INTEGER,
  redaction_secret TEXT, -- encrypted; the key of hashed values
  dialects TEXT NOT NULL DEFAULT '{}', -- JSON: settings of APIs of other products
  branding TEXT NOT NULL DEFAULT '{}', -- JSON: name and accent of its portal
  portal_origins TEXT NOT NULL DEFAULT '[]', -- JSON array of the origins that may frame its portal
  retention_due_at INTEGER NOT NULL DEFAULT 0, -- when retention looks at its events next
  pruning_due_at INTEGER NOT NULL DEFAULT 0, -- when its superseded versions are pruned next
  pruning_seq INTEGER NOT NULL DEFAULT 0, -- the versions that ended up to this number are pruned then
  exports_created INTEGER NOT NULL DEFAULT 0, -- the number of its newest export
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) WITHOUT ROWID;
CREATE INDEX spaces_by_age ON spaces (created_at DESC, id DESC);
CREATE INDEX spaces_deleting ON spaces (id) WHERE status = 'deleting';
CREATE INDEX spaces_by_retention ON spaces (retention_due_at) WHERE status <> 'deleting';
CREATE INDEX spaces_by_pruning ON spaces (pruning_due_at) WHERE status <> 'deleting';

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  space_id TEXT NOT NULL,
  name TEXT NOT NULL,
  secret_sha256 TEXT NOT NULL, -- hex; the secret itself is not stored
  scopes TEXT NOT NULL, -- JSON array
  origins TEXT, -- JSON array of the web pages' origins that may use the key; null: it is not for pages
  expires_at INTEGER, -- null: never
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX api_keys_by_space ON api_keys (space_id, created_at DESC, id DESC);

-- Links to a space's portal, and the sessions that they were exchanged for.
CREATE TABLE portal_sessions (
  id TEXT PRIMARY KEY,
  space_id TEXT NOT NULL,
  key_id TEXT NOT NULL, -- the API key that made the link: without it neither the link nor the session is accepted
  link_sha256 TEXT NOT NULL, -- hex, of the link's secret
  session_sha256 TEXT, -- hex, of the session's secret; null until the link is opened
  scopes TEXT NOT NULL, -- JSON array
  destination_ids TEXT, -- JSON array; null: all destinations of the space
  length_ms INTEGER NOT NULL, -- of the session
  opened_at INTEGER,
  expires_at INTEGER NOT NULL, -- of the link until it is opened, then of the session
  ended_at INTEGER, -- its holder signed out
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX portal_sessions_by_space ON portal_sessions (space_id, expires_at);
CREATE INDEX portal_sessions_by_age ON portal_sessions (expires_at);

CREATE TABLE exports (
  id TEXT PRIMARY KEY,
  space_id TEXT NOT NULL,
  number INTEGER, -- of the space's exports it is this one, from 1: an id for clients that need an integer
  schedule_id TEXT, -- null: an API call made it
  request_id TEXT NOT NULL DEFAULT '', -- of the call that created it, for the logs
  dataset TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('queued', 'processing', 'completed', 'failed', 'canceled', 'expired')),
  status_at INTEGER NOT NULL DEFAULT 0, -- when it got its status
  phase TEXT NOT NULL CHECK (phase IN ('planning', 'writing', 'assembling', 'finishing', 'done')),
  generation INTEGER NOT NULL DEFAULT 0, -- how often a call retried it
  plan_version INTEGER NOT NULL DEFAULT 0, -- how often it was planned anew: chunks and files of earlier plans no longer count
  request TEXT NOT NULL, -- JSON: as sent, defaults filled in, secrets removed
  query TEXT NOT NULL, -- JSON: the request as the dataset froze it
  warnings TEXT NOT NULL DEFAULT '[]', -- JSON list of {pointer, detail}: what the request named and nothing has
  encoding TEXT, -- JSON, as export/output/encode/encoding.ts has it; null: as the dataset writes its rows
  result_shape TEXT NOT NULL, -- JSON, as export/pipeline/result-shape.ts has it: how its chunks become files
  file_rows INTEGER NOT NULL,
  since TEXT, -- JSON, a Since of datasets/dataset.ts: what earlier exports had; null: it has everything
  snapshot_seq INTEGER NOT NULL,
  reads_from INTEGER NOT NULL DEFAULT 0, -- the oldest occurred_at that it may read
  destination TEXT, -- JSON: the customer's bucket, frozen at creation; null: the service's own bucket
  destination_id TEXT, -- the stored destination whose credentials it uses; null: a role named in the request
  callback_url TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  completed_at INTEGER,
  expires_at INTEGER,
  wake_at INTEGER NOT NULL, -- when the sweep may take this export for stuck
  attempts INTEGER NOT NULL DEFAULT 0, -- failed attempts since the last step that succeeded
  retries INTEGER NOT NULL DEFAULT 0, -- failed attempts in all
  next_retry_at INTEGER,
  error_code TEXT,
  error_owner TEXT,
  error_detail TEXT, -- public: what the code's own title does not say
  error_retryable INTEGER, -- 0 or 1: overrides the code's own
  rows_total INTEGER, -- null until planned
  message TEXT,
  manifest_sha256 TEXT,
  manifest_bytes INTEGER,
  verify_at INTEGER, -- when the sweep begins the verification that its schedule asks for
  orphaned_uploads TEXT, -- JSON list of {name, upload_id}: multipart uploads that earlier plans may have left open
  cleanup_at INTEGER, -- when the sweep removes its orphaned objects
  files_purged_at INTEGER,
  deleted_at INTEGER -- from then on it answers as an unknown id
) WITHOUT ROWID;
CREATE INDEX exports_by_space ON exports (space_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX exports_by_number ON exports (space_id, number);
CREATE INDEX exports_in_flight ON exports (wake_at) WHERE status IN ('queued', 'processing');
CREATE INDEX exports_to_expire ON exports (expires_at) WHERE status = 'completed';
CREATE INDEX exports_pending ON exports (space_id) WHERE status IN ('queued', 'processing');
CREATE INDEX exports_to_clean_up ON exports (cleanup_at) WHERE cleanup_at IS NOT NULL;
CREATE INDEX exports_final ON exports (status_at) WHERE status IN ('failed', 'canceled', 'expired') AND deleted_at IS NULL;
CREATE INDEX exports_purgeable ON exports (deleted_at) WHERE deleted_at IS NOT NULL AND cleanup_at IS NULL;
CREATE INDEX exports_retryable ON exports (space_id, expires_at) WHERE status = 'failed' AND deleted_at IS NULL;
CREATE INDEX exports_by_destination ON exports (destination_id) WHERE destination_id IS NOT NULL;
CREATE INDEX exports_to_verify ON exports (verify_at) WHERE verify_at IS NOT NULL;
CREATE INDEX exports_delivered ON exports (status_at) WHERE status = 'completed' AND destination IS NOT NULL AND deleted_at IS NULL;

-- The ledger: what each chunk was planned to read, and what it wrote. Bounds are keys [lower, upper).
CREATE TABLE export_chunks (
  space_id TEXT NOT NULL,
  export_id TEXT NOT NULL,
  n INTEGER NOT NULL,
  file_n INTEGER NOT NULL,
  lower_time INTEGER NOT NULL, lower_id TEXT NOT NULL,
  upper_time INTEGER NOT NULL, upper_id TEXT NOT NULL,
  records INTEGER NOT NULL, -- counted by the plan
  file_starts TEXT, -- JSON list: when the first record of each of its files occurred, where it has several counted files
  done INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER NOT NULL DEFAULT 0,
  takeovers INTEGER NOT NULL DEFAULT 0, -- how often its lease ran out and another consumer took it
  rows_so_far INTEGER NOT NULL DEFAULT 0, -- the most rows that any attempt has written: the progress that a poll shows
  records_read INTEGER, rows INTEGER, bytes INTEGER, uncompressed_bytes INTEGER,
  crc32 INTEGER, sha256 TEXT,
  first_time INTEGER, first_id TEXT, last_time INTEGER, last_id TEXT,
  summary TEXT, -- JSON: the dataset's totals of its rows
  PRIMARY KEY (export_id, n)
) WITHOUT ROWID;
CREATE INDEX export_chunks_by_file ON export_chunks (export_id, file_n, n);
CREATE INDEX export_chunks_undone ON export_chunks (export_id) WHERE done = 0;

CREATE TABLE export_files (
  space_id TEXT NOT NULL,
  export_id TEXT NOT NULL,
  n INTEGER NOT NULL,
  name TEXT NOT NULL,
  done INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER NOT NULL DEFAULT 0,
  takeovers INTEGER NOT NULL DEFAULT 0,
  upload_id TEXT, -- of a multipart upload under way, so that the next attempt can abort it, or continue it
  checkpoint TEXT, -- JSON, as export/pipeline/checkpoint.ts has it: where the next invocation continues the upload
  rows INTEGER, bytes INTEGER, uncompressed_bytes INTEGER, sha256 TEXT,
  first_time INTEGER, first_id TEXT, last_time INTEGER, last_id TEXT, -- of a file that shares its chunk with others
  PRIMARY KEY (export_id, n)
) WITHOUT ROWID;

-- The parts of an upload that has a checkpoint: a row for each slice that one invocation uploaded.
CREATE TABLE export_upload_parts (
  space_id TEXT NOT NULL,
  export_id TEXT NOT NULL,
  upload_id TEXT NOT NULL,
  first_part INTEGER NOT NULL,
  etags TEXT NOT NULL, -- JSON list
  PRIMARY KEY (export_id, upload_id, first_part)
) WITHOUT ROWID;

-- Messages that are known to wait in a queue, for each work of an export that failed or that another consumer had.
CREATE TABLE export_messages (
  space_id TEXT NOT NULL,
  export_id TEXT NOT NULL,
  step TEXT NOT NULL,
  n INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0, -- the attempt that failed last
  retry_at INTEGER NOT NULL DEFAULT 0, -- when its message is delivered for the next
  lease_until INTEGER NOT NULL DEFAULT 0, -- the lease at whose end one is delivered
  PRIMARY KEY (export_id, step, n, generation)
) WITHOUT ROWID;

-- The timeline of an export. `key` keeps an entry that may happen once from being written twice.
CREATE TABLE export_events (
  space_id TEXT NOT NULL,
  export_id TEXT NOT NULL,
  n INTEGER NOT NULL,
  key TEXT,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  detail TEXT NOT NULL, -- JSON object
  PRIMARY KEY (export_id, n)
) WITHOUT ROWID;
CREATE UNIQUE INDEX export_events_once ON export_events (export_id, key) WHERE key IS NOT NULL;

-- The newest verification of an export: its files are read back from where they are.
CREATE TABLE export_verifications (
  export_id TEXT PRIMARY KEY,
  space_id TEXT NOT NULL,
  n INTEGER NOT NULL, -- of the export's verifications it is this one, from 1
  reason TEXT NOT NULL CHECK (reason IN ('requested', 'scheduled')),
  request_id TEXT NOT NULL, -- of the call that began it, for the logs
  status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'abandoned')),
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  round INTEGER NOT NULL, -- from 1: each further round reads again what could not be read
  after_n INTEGER NOT NULL, -- the last file that was reached; the manifest comes before file 0
  partial TEXT, -- JSON, as export/output/read-back.ts has it: where the next invocation goes on within a file
  files_total INTEGER NOT NULL, files_checked INTEGER NOT NULL, -- the manifest counts as a file
  bytes_total INTEGER NOT NULL, bytes_read INTEGER NOT NULL,
  missing INTEGER, changed INTEGER, unreadable INTEGER, -- null until it is finished
  lease_until INTEGER NOT NULL DEFAULT 0,
  takeovers INTEGER NOT NULL DEFAULT 0,
  wake_at INTEGER NOT NULL -- when the sweep takes its message for lost
) WITHOUT ROWID;
CREATE INDEX export_verifications_running ON export_verifications (wake_at) WHERE status = 'running';

-- The files that a verification did not find as they were written.
CREATE TABLE export_verification_problems (
  space_id TEXT NOT NULL,
  export_id TEXT NOT NULL,
  verification INTEGER NOT NULL,
  file_n INTEGER NOT NULL, -- -1: the manifest
  status TEXT NOT NULL CHECK (status IN ('missing', 'changed', 'unreadable')),
  detail TEXT NOT NULL, -- public
  retry_round INTEGER, -- the round that reads it again; null: this is the verdict
  PRIMARY KEY (export_id, verification, file_n)
) WITHOUT ROWID;

-- The first call with a key reserves it; the key holds that call's answer from its commit on.
CREATE TABLE idempotency_keys (
  space_id TEXT NOT NULL,
  key TEXT NOT NULL,
  request_sha256 TEXT NOT NULL,
  export_id TEXT NOT NULL, -- the export that the holder of the reservation will make
  reserved_until INTEGER NOT NULL,
  response TEXT, -- JSON; null while the first call is under way
  created_at INTEGER NOT NULL,
  PRIMARY KEY (space_id, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE webhook_endpoints (
  id TEXT PRIMARY KEY,
  space_id TEXT NOT NULL,
  url TEXT NOT NULL,
  event_types TEXT NOT NULL, -- JSON array
  enabled INTEGER NOT NULL,
  disabled_reason TEXT,
  secret TEXT NOT NULL, -- encrypted
  previous_secret TEXT, -- encrypted; signs beside the current one until the time below
  previous_secret_until INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX webhook_endpoints_by_space ON webhook_endpoints (space_id, created_at DESC, id DESC);

-- The outbox: one row per event and receiver, written in the transaction of the event.
CREATE TABLE webhook_deliveries (
  id TEXT PRIMARY KEY, -- `<event id>.<endpoint id, or callback>`
  space_id TEXT NOT NULL,
  subject_type TEXT NOT NULL CHECK (subject_type IN ('export', 'schedule')), -- what the event is about
  subject_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  event_at INTEGER NOT NULL,
  endpoint_id TEXT, -- null: the export's callback_url
  url TEXT, -- the callback_url; an endpoint's is read when it is sent
  data TEXT NOT NULL, -- JSON: the body's data as of the event
  status TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
  tries INTEGER NOT NULL DEFAULT 0, -- since the last (re)delivery request: the place in the retry schedule
  attempts INTEGER NOT NULL DEFAULT 0, -- in all
  next_attempt_at INTEGER,
  lease_until INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX webhook_deliveries_by_space ON webhook_deliveries (space_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_by_subject ON webhook_deliveries (subject_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_leased ON webhook_deliveries (space_id, lease_until) WHERE lease_until > 0;
CREATE INDEX webhook_deliveries_of_schedules ON webhook_deliveries (created_at) WHERE subject_type = 'schedule';

CREATE TABLE webhook_attempts (
  space_id TEXT NOT NULL,
  delivery_id TEXT NOT NULL,
  n INTEGER NOT NULL,
  subject_id TEXT NOT NULL, -- the delivery's
  at INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  status_code INTEGER,
  error TEXT, -- null: the receiver accepted it
  PRIMARY KEY (delivery_id, n)
) WITHOUT ROWID;
CREATE INDEX webhook_attempts_by_subject ON webhook_attempts (subject_id, at);

CREATE TABLE destinations (
  id TEXT PRIMARY KEY,
  space_id TEXT NOT NULL,
  name TEXT NOT NULL,
  bucket_location TEXT NOT NULL, -- JSON, a BucketLocation of outbound/bucket-location.ts
  directory_path TEXT NOT NULL,
  key_template TEXT,
  auth TEXT NOT NULL, -- JSON, without the secret
  secret TEXT, -- encrypted secret access key; null for a role
  encrypted_with TEXT, -- the id of the key that encrypted it
  tested_until INTEGER NOT NULL DEFAULT 0, -- a test of it may run until then
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX destinations_by_space ON destinations (space_id, created_at DESC, id DESC);
CREATE INDEX destinations_by_key ON destinations (encrypted_with) WHERE encrypted_with IS NOT NULL;

-- Recurring exports on a cron schedule.
CREATE TABLE schedules (
  id TEXT PRIMARY KEY,
  space_id TEXT NOT NULL,
  name TEXT NOT NULL,
  cron TEXT NOT NULL,
  timezone TEXT NOT NULL,
  request TEXT NOT NULL, -- JSON: as sent, defaults filled in, without what each run fills in
  incremental INTEGER NOT NULL,
  backfill_from INTEGER,
  verify_after_days INTEGER, -- its exports are verified so long after they were completed; null: never
  status TEXT NOT NULL CHECK (status IN ('active', 'paused')),
  paused_reason TEXT,
  paused_at INTEGER,
  next_run_at INTEGER NOT NULL, -- the next run; in the past when it is due
  covered_until INTEGER NOT NULL, -- the end of what completed exports cover: the next window begins here
  coverage TEXT NOT NULL, -- JSON: what the completed exports had, as schedules/coverage.ts has it
  since_export_id TEXT, -- the newest completed export
  since_dataset TEXT, -- that export's dataset and snapshot, kept after its deletion
  since_seq INTEGER,
  open_export_id TEXT, -- the newest export, until it has ended
  failures_from INTEGER NOT NULL, -- runs made before this time no longer count as failures
  wake_at INTEGER NOT NULL, -- when the sweep looks at it next
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX schedules_by_space ON schedules (space_id, created_at DESC, id DESC);
CREATE INDEX schedules_to_wake ON schedules (wake_at) WHERE status = 'active';

-- The history of a schedule's runs.
CREATE TABLE schedule_runs (
  space_id TEXT NOT NULL,
  schedule_id TEXT NOT NULL,
  scheduled_at INTEGER NOT NULL,
  at INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('made', 'skipped', 'refused')),
  window_start INTEGER, -- null: its dataset has no window
  window_end INTEGER,
  export_id TEXT,
  with_late INTEGER, -- 1: the export also has what arrived late for earlier windows
  delivered_dataset TEXT, -- of its completed export, kept after the export's deletion
  delivered_seq INTEGER, -- the snapshot of its completed export
  counted INTEGER NOT NULL DEFAULT 0, -- 1: what it delivered is part of the schedule's coverage
  error_code TEXT,
  detail TEXT, -- public: why there is no export
  PRIMARY KEY (schedule_id, scheduled_at)
) WITHOUT ROWID;
CREATE INDEX schedule_runs_by_age ON schedule_runs (at);
CREATE INDEX schedule_runs_to_count ON schedule_runs (schedule_id) WHERE delivered_seq IS NOT NULL AND counted = 0;

-- What happened on a day of the space's own time zone: counters, written in the transaction of what they count.
CREATE TABLE daily_exports (
  space_id TEXT NOT NULL,
  day TEXT NOT NULL, -- YYYY-MM-DD
  dataset TEXT NOT NULL,
  created INTEGER NOT NULL,
  completed INTEGER NOT NULL,
  failed_customer INTEGER NOT NULL, -- failures, by who must act
  failed_service INTEGER NOT NULL,
  canceled INTEGER NOT NULL,
  rows INTEGER NOT NULL, -- of the files of completed exports
  bytes INTEGER NOT NULL,
  PRIMARY KEY (space_id, day, dataset)
) WITHOUT ROWID;

CREATE TABLE daily_webhooks (
  space_id TEXT NOT NULL,
  day TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  failed INTEGER NOT NULL, -- given up
  PRIMARY KEY (space_id, day)
) WITHOUT ROWID;

-- Histograms of durations. A bucket is a range of them, as src/histogram.ts has it.
CREATE TABLE daily_durations (
  space_id TEXT NOT NULL,
  day TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('export', 'webhook')),
  bucket INTEGER NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (space_id, day, kind, bucket)
) WITHOUT ROWID;
