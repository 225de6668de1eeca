/** The import rules of the architecture: who may know whom (docs/concepts/architecture.md). */
const TESTS =
  '\\.(test|arbitrary|contract|fixture|fixtures)\\.tsx?$|/fixtures/|/testing/|/testing\\.ts$|^services/e2e/|^k8s-operator/(bench|tests)/|/test/';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } },
    {
      name: 'domain-is-pure',
      comment: 'domain/ imports nothing outside itself and contracts',
      severity: 'error',
      from: { path: '^services/ledger-writer/src/domain/', pathNot: TESTS },
      to: { pathNot: '^services/ledger-writer/src/domain/|^services/contracts/|^(node:)?crypto$' },
    },
    {
      name: 'domain-has-no-io',
      comment: 'hashing (node:crypto) is the one built-in a decision may use; types of the store interface are types only',
      severity: 'error',
      from: { path: '^services/ledger-writer/src/domain/', pathNot: TESTS },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'services-do-not-know-each-other',
      severity: 'error',
      from: { path: '^services/(ledger-writer|read-model-builder|search-sink|admin-gateway|local)/', pathNot: TESTS },
      to: { path: '^services/(ledger-writer|read-model-builder|search-sink|admin-gateway|local|e2e)/', pathNot: '^services/$1/' },
    },
    { name: 'contracts-know-nobody', severity: 'error', from: { path: '^services/contracts/' }, to: { path: '^services/(?!contracts/)' } },
    {
      name: 'platform-knows-contracts-only',
      severity: 'error',
      from: { path: '^services/platform/', pathNot: TESTS },
      to: { path: '^services/(?!contracts/|platform/)' },
    },
    {
      name: 'read-model-has-two-users',
      severity: 'error',
      from: { path: '^services/', pathNot: `^services/(read-model|read-model-builder|admin-gateway|e2e)/|${TESTS}` },
      to: { path: '^services/read-model/' },
    },
    {
      name: 'only-platform-has-drivers',
      comment: 'kafkajs and pg are wrapped once',
      severity: 'error',
      from: { path: '^services/', pathNot: `^services/platform/|^services/e2e/kafka/|${TESTS}` },
      to: { path: 'node_modules/(kafkajs|pg)/' },
    },
    {
      name: 'client-knows-nobody',
      comment: 'it runs in browsers; what it knows of the API is generated',
      severity: 'error',
      from: { path: '^services/client/src/', pathNot: TESTS },
      to: { path: '^services/(?!client/src/)|^node_modules/(?!eventsource-parser/)' },
    },
    {
      name: 'client-runs-in-browsers',
      severity: 'error',
      from: { path: '^services/client/src/', pathNot: TESTS },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'cli-knows-the-client-only',
      severity: 'error',
      from: { path: '^services/cli/', pathNot: TESTS },
      to: { path: '^services/(?!cli/|client/)' },
    },
    {
      name: 'dashboard-knows-the-client-only',
      severity: 'error',
      from: { path: '^frontend/src/' },
      to: { path: '^(services/(?!client/)|k8s-operator/|scripts/)' },
    },
    {
      name: 'features-share-by-name',
      comment: 'of another feature only its shared.ts(x)',
      severity: 'error',
      from: { path: '^frontend/src/features/([^/]+)/' },
      to: { path: '^frontend/src/features/([^/]+)/', pathNot: '^frontend/src/features/($1/|[^/]+/shared\\.tsx?$)' },
    },
    {
      name: 'ui-has-no-business',
      severity: 'error',
      from: { path: '^frontend/src/ui/', pathNot: TESTS },
      to: { path: '^frontend/src/(?!ui/)' },
    },
    {
      name: 'only-the-shell-knows-all-features',
      severity: 'error',
      from: { path: '^frontend/src/(features|ui|api)/' },
      to: { path: '^frontend/src/(app/(registry|router|app|shell)|main)' },
    },
    {
      name: 'operator-knows-platform-only',
      comment: 'what it has to know of a rebuild it asks the gateway',
      severity: 'error',
      from: { path: '^k8s-operator/', pathNot: TESTS },
      to: { path: '^services/(?!platform/)' },
    },
    {
      name: 'nobody-knows-the-operator',
      severity: 'error',
      from: { path: '^services/' },
      to: { path: '^k8s-operator/' },
    },
    {
      name: 'only-one-folder-talks-to-kubernetes',
      severity: 'error',
      from: { path: '^(services|k8s-operator)/', pathNot: `^k8s-operator/src/kube/|${TESTS}` },
      to: { path: 'node_modules/@kubernetes/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-one-file-talks-to-opensearch',
      comment: 'bounds, breaker and the meaning of its answers are in one place',
      severity: 'error',
      from: { path: '^services/', pathNot: '^services/search-sink/src/node/client\\.ts$' },
      to: { path: 'node_modules/@opensearch-project/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)\\.(cache|ledgerflow)/|^frontend/dist/' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    preserveSymlinks: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.cjs', '.json'],
    },
  },
};
