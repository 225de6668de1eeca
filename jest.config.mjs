/** One place for all tests: pure (`*.test.ts`), on real PostgreSQL or Kafka (`*.int.test.ts`), and across services (`*.e2e.test.ts`). */
export default {
  rootDir: '.',
  testMatch: ['<rootDir>/{services,frontend,k8s-operator,helm,scripts}/**/*.test.{ts,tsx}'],
  testPathIgnorePatterns: ['/node_modules/', '/.cache/'],
  modulePathIgnorePatterns: ['/.cache/', '/.ledgerflow/'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  moduleNameMapper: { '\\.css$': '<rootDir>/frontend/src/styles.fixture.ts' },
  setupFiles: ['<rootDir>/frontend/src/testing/dom.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } }],
    '^.+\\.tsx$': [
      '@swc/jest',
      {
        jsc: { target: 'es2024', parser: { syntax: 'typescript', tsx: true }, transform: { react: { runtime: 'automatic' } } },
        module: { type: 'es6' },
      },
    ],
  },
  testTimeout: 60_000,
  maxWorkers: 2,
  // A worker without anything open needed up to 1.9 s to end on a busy machine; of the default 500 ms Jest then says that it leaks. One that does leak is still told.
  workerGracefulExitTimeout: 15_000,
  // Inside the checkout, so that a run leaves nothing elsewhere.
  cacheDirectory: '<rootDir>/.cache/jest',
};
