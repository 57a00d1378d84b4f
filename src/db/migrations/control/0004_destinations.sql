-- Delivery to customers' own buckets.

CREATE TABLE destinations (
  id TEXT PRIMARY KEY,
  space_id TEXT NOT NULL,
  name TEXT NOT NULL,
  place TEXT NOT NULL, -- JSON, as outbound/place.ts has it
  directory_path TEXT NOT NULL,
  key_template TEXT,
  auth TEXT NOT NULL, -- JSON, without the secret
  secret TEXT, -- sealed: of access keys; null for a role
  sealed_with TEXT, -- the id of the key that it was sealed with
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX destinations_by_space ON destinations (space_id, created_at DESC, id DESC);
CREATE INDEX destinations_by_key ON destinations (sealed_with) WHERE sealed_with IS NOT NULL;

ALTER TABLE exports ADD COLUMN destination TEXT; -- JSON: where its files go, as it was when it was asked for; null: the service's own bucket
ALTER TABLE exports ADD COLUMN destination_id TEXT; -- whose credentials it uses; null: a role of its own
ALTER TABLE exports ADD COLUMN error_detail TEXT; -- public: what the code's own title does not say
ALTER TABLE exports ADD COLUMN error_retryable INTEGER; -- 0 or 1: whoever met the error knew better than the code
CREATE INDEX exports_by_destination ON exports (destination_id) WHERE destination_id IS NOT NULL;
CREATE INDEX exports_delivered ON exports (status_at) WHERE status = 'completed' AND destination IS NOT NULL AND deleted_at IS NULL;
