-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into DuckDB.
-- Run it on the machine that has the files.
SET TimeZone = 'UTC';
BEGIN;
CREATE TABLE "spillway_activity_events" (
  "document" JSON
);
INSERT INTO "spillway_activity_events"
SELECT json FROM read_json_objects([
    'first.document.gz',
    'second.document.gz'
  ],
  compression = 'gzip',
  format = 'unstructured',
  maximum_object_size = 146315431);
SELECT CASE WHEN count(*) = 1 THEN count(*) ELSE error('the export has 1 rows') END AS "rows"
FROM "spillway_activity_events";
COMMIT;
