-- Where people came from, written once each as events are; and the ads behind that, as versions [seq_from, seq_to).

CREATE TABLE touchpoints (
  space_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  kind INTEGER NOT NULL, -- 0 direct, 1 neither direct nor paid, 2 paid: the ends of a journey are found by a seek in each
  occurred_at INTEGER NOT NULL,
  id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  source TEXT NOT NULL,
  ad_id TEXT,
  adset_id TEXT,
  campaign_id TEXT,
  account_id TEXT,
  received_at INTEGER NOT NULL,
  PRIMARY KEY (space_id, person_id, kind, occurred_at, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX touchpoints_by_id ON touchpoints (space_id, id);

-- A company's people, whose touchpoints are one journey at the level of companies. Who they are is told by the index alone.
CREATE INDEX profiles_by_company ON profiles (space_id, company_id, person_id, seq_from, seq_to) WHERE company_id IS NOT NULL;

-- Ads, their sets, campaigns and accounts; what stands has seq_to null. A parent may be named before it is there.
CREATE TABLE ad_objects (
  space_id TEXT NOT NULL,
  level TEXT NOT NULL, -- ad, adset, campaign, account
  id TEXT NOT NULL,
  seq_from INTEGER NOT NULL,
  seq_to INTEGER,
  name TEXT,
  parent_id TEXT, -- an id one level up
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (space_id, level, id, seq_from)
) WITHOUT ROWID;
CREATE UNIQUE INDEX ad_objects_current ON ad_objects (space_id, level, id) WHERE seq_to IS NULL;
