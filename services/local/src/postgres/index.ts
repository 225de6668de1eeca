export { PostgresError, type PostgresErrorCode } from './errors.ts';
export { holdPostgres } from './hold.ts';
export { freePorts, startPostgres, type PostgresOptions, type PostgresServer } from './server.ts';
export { createTestPostgres, type TestDatabase, type TestPostgres, type TestPostgresOptions } from './test-server.ts';
export { createTestStandby, type TestStandby } from './test-standby.ts';
