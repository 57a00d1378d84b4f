-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into PostgreSQL.
-- Run it on the machine that has the files.
-- Run it with psql.
\set ON_ERROR_STOP on
BEGIN;
SET LOCAL TimeZone = 'UTC';
CREATE TABLE "spillway_activity_events" (
  "document" jsonb
);
CREATE TEMPORARY TABLE spillway_rows (line jsonb) ON COMMIT DROP;
\copy spillway_rows FROM PROGRAM 'for file in "first.document.gz" "second.document.gz"; do gzip -dc "$file" | tr -d "\n\r" || exit 1; done' WITH (FORMAT csv, QUOTE e'\x01', DELIMITER e'\x02', ENCODING 'UTF8')
INSERT INTO "spillway_activity_events" (
  "document"
)
SELECT
  line
FROM spillway_rows;
DO $check$ BEGIN
  IF (SELECT count(*) FROM "spillway_activity_events") <> 1 THEN RAISE EXCEPTION 'the export has 1 rows'; END IF;
END $check$;
COMMIT;
