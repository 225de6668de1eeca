export { createPool, WRITE_SESSION_SETTINGS, probe, type ConnectionOptions, type Pool, type PoolClient, type Queryable } from './pool.ts';
export { ensureDatabase, ensureRole, parseDatabaseUrl, runStatement, type DatabaseUrl } from './bootstrap.ts';
export { checkMigrated, migrate } from './migrate.ts';
export { dumpSchema } from './schema-dump.ts';
export { Listener } from './listener.ts';
export { isConnectionError, sqlState } from './errors.ts';
export { RowStream, StreamClient } from './row-stream.ts';
export { decodeRow, UnreadableValueError, type ColumnKind } from './copy-format.ts';
