import type { LinkName } from '../../stack/links.ts';
import type { StackOptions } from '../../stack/stack.ts';
import type { Fault } from '../harness/fault.ts';

const RESETS = 15;
const BETWEEN_RESETS_MS = 300;
/** Longer than each time-out of a statement or a transaction. */
const STALL_MS = 8_000;

const LOG_FEED: StackOptions = { links: true };
const KAFKA: StackOptions = { links: true, kafka: true };

/** The two ends in words, and a stack in which the link carries something. */
const ENDS: Readonly<Record<LinkName, { between: string; stack: StackOptions }>> = {
  'gateway-writer': { between: 'gateway and writer', stack: LOG_FEED },
  'writer-postgres': { between: 'writer and PostgreSQL', stack: LOG_FEED },
  'builder-postgres': { between: 'builder and PostgreSQL', stack: LOG_FEED },
  'gateway-postgres': { between: 'gateway and PostgreSQL', stack: LOG_FEED },
  'builder-writer': { between: 'builder and writer (the log feed)', stack: LOG_FEED },
  'relay-kafka': { between: 'relay and Kafka', stack: KAFKA },
  'builder-kafka': { between: 'builder and Kafka', stack: KAFKA },
};

function reset(link: LinkName): Fault {
  const { between, stack } = ENDS[link];
  return {
    id: `${link}-reset`,
    title: `TCP resets between ${between}`,
    did: `Every connection was reset (RST), ${RESETS} times, ${BETWEEN_RESETS_MS} ms apart.`,
    human: null,
    since: 'end',
    stack,
    async inflict(site) {
      let connections = 0;
      for (let round = 0; round < RESETS; round++) {
        for (const proxy of site.stack.links?.of(link) ?? []) connections += proxy.reset();
        site.struck();
        await site.wait(BETWEEN_RESETS_MS);
      }
      if (connections === 0) throw new Error('there was no connection to reset');
      site.note(`${connections} connections reset`);
    },
  };
}

function stall(link: LinkName): Fault {
  const { between, stack } = ENDS[link];
  return {
    id: `${link}-stall`,
    title: `Silence between ${between}`,
    did: `For ${STALL_MS / 1000} s nothing got through, on old and new connections, and none was closed; then all arrived, late.`,
    human: null,
    since: 'end',
    stack,
    async inflict(site) {
      const proxies = site.stack.links?.of(link) ?? [];
      for (const proxy of proxies) proxy.stall();
      site.struck();
      try {
        await site.wait(STALL_MS);
      } finally {
        for (const proxy of proxies) proxy.resume();
      }
    },
  };
}

export const links: readonly Fault[] = (Object.keys(ENDS) as LinkName[]).flatMap((link) => [reset(link), stall(link)]);
