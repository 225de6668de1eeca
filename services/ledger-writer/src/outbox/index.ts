export { CommitNotifier } from './discovery.ts';
export { CommitHub, type Kept, type Subscription, type SubscriptionOptions } from './hub.ts';
export { relayMetrics, type RelayMetrics } from './metrics.ts';
export { Relay, ensureRecordsTopic, type RelayOptions, type RelayStatus } from './relay.ts';
