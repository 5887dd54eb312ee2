/** Of all tables. Names are compared by bytes; their index keys fit with 190 characters. */
const TABLE = 'ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/**
 * What leads from each version of the schema to the next, beginning with an empty database: entry 0 makes version 1.
 * Never changed once it was released. The database commits after each statement, so a migration can break off
 * anywhere; it is repeated as a whole, and an error that says "it is so already" counts as done. Every table has a
 * primary key, which a Galera cluster needs.
 *
 * A record's `name` is a key made of it (see names.ts), and `whole_name` what it stands for, if that is not the same;
 * `value` is null for one that was taken away, so that whoever follows hears of it, up to the revision `purged`.
 */
export const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE IF NOT EXISTS cmsban_community (
      community VARCHAR(190) NOT NULL PRIMARY KEY,
      cms_id VARCHAR(190) NOT NULL,
      cad_id VARCHAR(190) NOT NULL,
      revision BIGINT NOT NULL DEFAULT 0,
      token BIGINT NOT NULL DEFAULT 0,
      holder VARCHAR(32) NULL,
      holder_name VARCHAR(190) NULL,
      expires_at BIGINT NOT NULL DEFAULT 0,
      purged BIGINT NOT NULL DEFAULT 0
    ) ${TABLE}`,
    `CREATE TABLE IF NOT EXISTS cmsban_record (
      community VARCHAR(190) NOT NULL,
      name VARCHAR(190) NOT NULL,
      whole_name MEDIUMTEXT NULL,
      value MEDIUMTEXT NULL,
      revision BIGINT NOT NULL,
      changed_at BIGINT NOT NULL,
      PRIMARY KEY (community, name),
      KEY by_revision (community, revision, name)
    ) ${TABLE}`,
    `CREATE TABLE IF NOT EXISTS cmsban_request (
      community VARCHAR(190) NOT NULL,
      id VARCHAR(64) NOT NULL,
      server VARCHAR(32) NOT NULL,
      decided_at BIGINT NOT NULL,
      body MEDIUMTEXT NOT NULL,
      PRIMARY KEY (community, id),
      KEY by_time (community, decided_at, id)
    ) ${TABLE}`,
    `CREATE TABLE IF NOT EXISTS cmsban_server (
      community VARCHAR(190) NOT NULL,
      id VARCHAR(32) NOT NULL,
      name VARCHAR(190) NOT NULL,
      seen_at BIGINT NOT NULL,
      PRIMARY KEY (community, id)
    ) ${TABLE}`,
    `CREATE TABLE IF NOT EXISTS cmsban_piece (
      community VARCHAR(190) NOT NULL,
      server VARCHAR(32) NOT NULL,
      number INT NOT NULL,
      body MEDIUMTEXT NOT NULL,
      PRIMARY KEY (community, server, number)
    ) ${TABLE}`,
  ],
];

/** Where the version is written down: in one row, which is also the lock of whoever migrates. */
export const VERSION_TABLE = [
  `CREATE TABLE IF NOT EXISTS cmsban_schema (
    id TINYINT NOT NULL PRIMARY KEY,
    version INT NOT NULL,
    locked_by VARCHAR(32) NULL,
    locked_until BIGINT NOT NULL DEFAULT 0
  ) ${TABLE}`,
  'INSERT INTO cmsban_schema (id, version) VALUES (1, 0) ON DUPLICATE KEY UPDATE id = id',
];
