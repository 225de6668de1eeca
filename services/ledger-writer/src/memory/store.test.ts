import { makeMemoryStore } from './store.ts';
import { describeStoreContract } from './store.contract.ts';

describeStoreContract('memory', async () => makeMemoryStore());
