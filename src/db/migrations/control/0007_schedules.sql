-- Schedules: exports that come by themselves.

CREATE TABLE schedules (
  id TEXT PRIMARY KEY,
  space_id TEXT NOT NULL,
  name TEXT NOT NULL,
  cron TEXT NOT NULL,
  timezone TEXT NOT NULL,
  request TEXT NOT NULL, -- JSON: as sent, defaults filled in, without what each run fills in
  incremental INTEGER NOT NULL,
  backfill_from INTEGER,
  status TEXT NOT NULL CHECK (status IN ('active', 'paused')),
  paused_reason TEXT,
  paused_at INTEGER,
  next_run_at INTEGER NOT NULL, -- the run that comes next: past when it is due
  covered_until INTEGER NOT NULL, -- what the completed exports cover: the next window begins here
  since_export_id TEXT, -- the newest completed export
  since_had TEXT, -- JSON {dataset, seq, end}: what that export had, also when it is there no longer
  open_export_id TEXT, -- the export that was made last, until its end was seen
  failures_from INTEGER NOT NULL, -- runs made until then no longer count as failures
  wake_at INTEGER NOT NULL, -- when the sweep looks at it next
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX schedules_by_space ON schedules (space_id, created_at DESC, id DESC);
CREATE INDEX schedules_to_wake ON schedules (wake_at) WHERE status = 'active';

-- What became of each run.
CREATE TABLE schedule_runs (
  space_id TEXT NOT NULL,
  schedule_id TEXT NOT NULL,
  scheduled_at INTEGER NOT NULL,
  at INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('made', 'skipped', 'refused')),
  window_start INTEGER, -- null: its dataset has no window
  window_end INTEGER,
  export_id TEXT,
  error_code TEXT,
  detail TEXT, -- public: why there is no export
  PRIMARY KEY (schedule_id, scheduled_at)
) WITHOUT ROWID;
CREATE INDEX schedule_runs_by_age ON schedule_runs (at);

ALTER TABLE exports ADD COLUMN schedule_id TEXT; -- null: a call made it
-- What is told is about a schedule: its export_id is the schedule's id too, so that it is found as an export's are.
ALTER TABLE webhook_deliveries ADD COLUMN schedule_id TEXT;
CREATE INDEX webhook_deliveries_of_schedules ON webhook_deliveries (created_at) WHERE schedule_id IS NOT NULL;
