/**
 * The database's clock inside a statement: Unix milliseconds. `NOW` is the beginning of the statement, also when it
 * waits for a lock: a lease that is granted late is shorter for it, and never longer (SYSDATE would be). Right in
 * every hour of the year because our sessions are in UTC.
 */
export const DATABASE_NOW = 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)';
