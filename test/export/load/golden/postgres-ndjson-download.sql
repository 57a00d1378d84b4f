-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into PostgreSQL.
-- Run it on the machine that has the files.
-- Run it with psql.
\set ON_ERROR_STOP on
BEGIN;
SET LOCAL TimeZone = 'UTC';
CREATE TABLE "spillway_activity_events" (
  "eventId" text NOT NULL,
  "occurredAt" timestamptz NOT NULL,
  "amount" numeric,
  "is_gift" boolean,
  "items" jsonb
);
CREATE TEMPORARY TABLE spillway_rows (line jsonb) ON COMMIT DROP;
\copy spillway_rows FROM PROGRAM 'for file in "first.ndjson.gz" "second.ndjson.gz"; do gzip -dc "$file" || exit 1; done' WITH (FORMAT csv, QUOTE e'\x01', DELIMITER e'\x02', ENCODING 'UTF8')
INSERT INTO "spillway_activity_events" (
  "eventId",
  "occurredAt",
  "amount",
  "is_gift",
  "items"
)
SELECT
  line ->> 'eventId',
  (line ->> 'occurredAt')::timestamptz,
  (line ->> 'amount')::numeric,
  (line ->> 'is_gift')::boolean,
  nullif(line -> 'items', 'null')
FROM spillway_rows;
DO $check$ BEGIN
  IF (SELECT count(*) FROM "spillway_activity_events") <> 541909 THEN RAISE EXCEPTION 'the export has 541909 rows'; END IF;
END $check$;
COMMIT;
