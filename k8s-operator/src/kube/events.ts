import type { Logger } from '@ledgerflow/platform/log';
import type { KubeClient } from './client.ts';
import type { KubeObject } from './resources.ts';

/** Tells people, in events of the objects they look at, what happened. */
export class EventRecorder {
  constructor(_options: { client: KubeClient; reportingController: string; instance: string; log: Logger }) {}
  /** Never throws. */
  record(_about: KubeObject, _type: 'Normal' | 'Warning', _reason: string, _action: string, _note: string): Promise<void> {
    throw new Error('not yet');
  }
}
