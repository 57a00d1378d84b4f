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
\copy "spillway_activity_events" FROM PROGRAM 'for file in "first.csv.gz" "second.csv.gz"; do gzip -dc "$file" | tail -n +2 || exit 1; done' WITH (FORMAT csv, ENCODING 'UTF8')
DO $check$ BEGIN
  IF (SELECT count(*) FROM "spillway_activity_events") <> 541909 THEN RAISE EXCEPTION 'the export has 541909 rows'; END IF;
END $check$;
COMMIT;
