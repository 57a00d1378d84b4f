-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into Redshift.
-- Copy the files to YOUR_BUCKET first: Redshift cannot read them where they are.
-- Replace what begins with YOUR_.
SET enable_case_sensitive_identifier TO true;
SET timezone TO 'UTC';
BEGIN;
CREATE TABLE "spillway_activity_events" (
  "document" SUPER
);
CREATE TEMPORARY TABLE spillway_rows (
  line SUPER
);
COPY spillway_rows FROM 's3://YOUR_BUCKET/YOUR_FOLDER/first.document.gz'
  IAM_ROLE 'arn:aws:iam::YOUR_ACCOUNT_ID:role/YOUR_ROLE'
  FORMAT AS JSON 'noshred'
  GZIP;
COPY spillway_rows FROM 's3://YOUR_BUCKET/YOUR_FOLDER/second.document.gz'
  IAM_ROLE 'arn:aws:iam::YOUR_ACCOUNT_ID:role/YOUR_ROLE'
  FORMAT AS JSON 'noshred'
  GZIP;
INSERT INTO "spillway_activity_events" (
  "document"
)
SELECT
  line
FROM spillway_rows;
COMMIT;
SELECT count(*) AS "rows_loaded", 1 AS "rows_of_the_export" FROM "spillway_activity_events";
