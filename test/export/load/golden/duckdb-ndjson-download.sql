-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into DuckDB.
-- Run it on the machine that has the files.
SET TimeZone = 'UTC';
BEGIN;
CREATE TABLE "spillway_activity_events" (
  "eventId" VARCHAR NOT NULL,
  "occurredAt" TIMESTAMPTZ NOT NULL,
  "amount" DOUBLE,
  "is_gift" BOOLEAN,
  "items" JSON
);
INSERT INTO "spillway_activity_events"
SELECT
  "eventId",
  "occurredAt"::TIMESTAMPTZ,
  "amount",
  "is_gift",
  "items"
FROM read_ndjson([
    'first.ndjson.gz',
    'second.ndjson.gz'
  ],
  compression = 'gzip',
  maximum_object_size = 16777216,
  columns = {
    "eventId": 'VARCHAR',
    "occurredAt": 'VARCHAR',
    "amount": 'DOUBLE',
    "is_gift": 'BOOLEAN',
    "items": 'JSON'
  });
SELECT CASE WHEN count(*) = 541909 THEN count(*) ELSE error('the export has 541909 rows') END AS "rows"
FROM "spillway_activity_events";
COMMIT;
