-- JSON list of {name, upload_id}: multipart uploads to a customer's bucket that plans before the present one may have left open.
ALTER TABLE exports ADD COLUMN left_uploads TEXT;
