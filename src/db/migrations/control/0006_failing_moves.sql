-- Since when every step of a move has failed (epoch milliseconds in UTC); null: its last step did not.
ALTER TABLE moves ADD COLUMN failing_since INTEGER;
