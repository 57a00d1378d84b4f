-- Life cycle of exports, idempotency keys, webhooks. Times are epoch milliseconds in UTC.

ALTER TABLE exports ADD COLUMN request_id TEXT NOT NULL DEFAULT ''; -- of the call that asked for it, for the logs
ALTER TABLE exports ADD COLUMN callback_url TEXT;
ALTER TABLE exports ADD COLUMN reads_from INTEGER NOT NULL DEFAULT 0; -- the oldest occurred_at that it may read
ALTER TABLE exports ADD COLUMN status_at INTEGER NOT NULL DEFAULT 0; -- since when it has its status
ALTER TABLE exports ADD COLUMN generation INTEGER NOT NULL DEFAULT 0; -- how often a call retried it
ALTER TABLE exports ADD COLUMN plan INTEGER NOT NULL DEFAULT 0; -- how often it was planned anew: what belongs to an earlier plan no longer counts
ALTER TABLE exports ADD COLUMN retries INTEGER NOT NULL DEFAULT 0; -- failed attempts in all
ALTER TABLE exports ADD COLUMN error_owner TEXT;
ALTER TABLE exports ADD COLUMN put_away_at INTEGER; -- when the sweep is to remove what should no longer stand in the bucket
ALTER TABLE exports ADD COLUMN deleted_at INTEGER; -- from here on it answers as an unknown id
CREATE INDEX exports_to_put_away ON exports (put_away_at) WHERE put_away_at IS NOT NULL;
CREATE INDEX exports_over ON exports (status_at) WHERE status IN ('failed', 'canceled', 'expired') AND deleted_at IS NULL;
CREATE INDEX exports_deleted ON exports (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX exports_by_reach ON exports (space_id, reads_from) WHERE status IN ('queued', 'processing', 'failed');

ALTER TABLE chunks ADD COLUMN takeovers INTEGER NOT NULL DEFAULT 0; -- how often it was taken from a consumer that never gave it back
ALTER TABLE files ADD COLUMN takeovers INTEGER NOT NULL DEFAULT 0;

CREATE INDEX spaces_deleting ON spaces (deleted_at) WHERE status = 'deleting';
ALTER TABLE spaces ADD COLUMN previous_webhook_secret TEXT; -- sealed; signs beside the present one until the time below
ALTER TABLE spaces ADD COLUMN previous_webhook_secret_until INTEGER;
ALTER TABLE spaces ADD COLUMN retention_due_at INTEGER NOT NULL DEFAULT 0; -- when its events are looked through again
CREATE INDEX spaces_by_retention ON spaces (retention_due_at) WHERE status <> 'deleting';

-- What happened to an export, for whoever has to explain it. `key` keeps what can happen only once from standing here twice.
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

-- A key is reserved by the first call that has it, and holds that call's answer from its commit on.
CREATE TABLE idempotency_keys (
  space_id TEXT NOT NULL,
  key TEXT NOT NULL,
  request_sha256 TEXT NOT NULL,
  export_id TEXT NOT NULL, -- what the holder of the reservation will make
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
  secret TEXT NOT NULL, -- sealed
  previous_secret TEXT, -- sealed; signs beside the present one until the time below
  previous_secret_until INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX webhook_endpoints_by_space ON webhook_endpoints (space_id, created_at DESC, id DESC);

-- The outbox: one row an event and receiver, written in the transaction that made the event happen.
CREATE TABLE webhook_deliveries (
  id TEXT PRIMARY KEY, -- `<event id>.<endpoint id, or callback>`
  space_id TEXT NOT NULL,
  export_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  event_at INTEGER NOT NULL,
  endpoint_id TEXT, -- null: the export's callback_url
  url TEXT, -- the callback_url; an endpoint's is read when it is sent
  data TEXT NOT NULL, -- JSON: what the body tells, as it was when it happened
  status TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
  tries INTEGER NOT NULL DEFAULT 0, -- since it was last asked for: where it stands in the schedule
  attempts INTEGER NOT NULL DEFAULT 0, -- in all
  next_attempt_at INTEGER,
  lease_until INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX webhook_deliveries_by_space ON webhook_deliveries (space_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_by_export ON webhook_deliveries (export_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE status = 'pending';

CREATE TABLE webhook_attempts (
  space_id TEXT NOT NULL,
  delivery_id TEXT NOT NULL,
  n INTEGER NOT NULL,
  export_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  status_code INTEGER,
  error TEXT, -- null: it was taken
  PRIMARY KEY (delivery_id, n)
) WITHOUT ROWID;
CREATE INDEX webhook_attempts_by_export ON webhook_attempts (export_id, at);
