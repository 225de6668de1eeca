export { CommitNotifier } from './discovery.ts';
export { CommitHub, type Kept, type Subscription, type SubscriptionOptions } from './hub.ts';
export { relayMetrics, type RelayMetrics } from './metrics.ts';
export { Relay, type RelayOptions, type RelayStatus } from './relay.ts';
export { ensureRecordsTopic, TopicRestorer } from './topic.ts';
