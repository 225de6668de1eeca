import { describe, expect, it } from '@jest/globals';
import type { Command } from '@ledgerflow/contracts/grpc';
import { BATCH_OPTIONS_DEFAULT } from '../domain/batch.ts';
import type { CommandBody } from '../domain/definition.ts';
import { commandOf, say } from '../memory/fixtures.ts';
import { makeMemoryStore } from '../memory/store.ts';
import { execute } from './execute.ts';
import { GroupCommit } from './group-commit.ts';
import { silentObserver } from './observer.ts';

const ADMIN = { id: 'admin', roles: ['admin'], ledgers: ['*'], source: 'test' };
const patient = { deadlineMs: Number.MAX_SAFE_INTEGER, isGone: () => false };
const LEDGER = 'books';

function setUp() {
  const { store, directory } = makeMemoryStore();
  const bounds = { batchCountMax: 10, batchBytesMax: 1 << 20, queueCountMax: 10, queueBytesMax: 1 << 20, batchesInFlightMax: 1 };
  const groupCommit = new GroupCommit({
    store,
    committed: () => undefined,
    observer: silentObserver,
    batchOptions: BATCH_OPTIONS_DEFAULT,
    ...bounds,
  });
  let keys = 0;
  const command = (body: CommandBody, over: Partial<Command> = {}): Command =>
    commandOf(body, { ledger: LEDGER, idempotencyKey: `key-${++keys}`, ...over });
  const run = async (...commands: Command[]): Promise<string[]> => {
    const answers = await execute({ directory, groupCommit }, commands, [ADMIN], patient);
    return answers.map((answer) => {
      if (answer.kind === 'record') return (JSON.parse(answer.record) as { type: string }).type;
      return answer.kind === 'refusal' ? answer.refusal.code : answer.code;
    });
  };
  return { command, run, directory };
}

describe('opening a ledger', () => {
  it('leaves nothing in the directory after a dry run', async () => {
    const { command, run, directory } = setUp();
    const dry = { dryRun: true };
    expect(await run(command(say.openLedger('USD'), dry), command(say.open('alice', 'USD'), dry))).toEqual([
      'LedgerOpened',
      'ledger_not_found',
    ]);
    expect(await directory.find(LEDGER)).toBeNull();
  });

  it('leaves nothing in the directory when it is refused', async () => {
    const { command, run, directory } = setUp();
    expect(await run(command(say.openLedger('NOPE')), command(say.openLedger('NOPE'), { dryRun: true }))).toEqual([
      'unknown_currency',
      'unknown_currency',
    ]);
    expect(await directory.find(LEDGER)).toBeNull();
  });

  it('gives a place when any command of the list opens it, and decides all in order there', async () => {
    const { command, run, directory } = setUp();
    const commands = [
      command(say.openLedger('NOPE')),
      command(say.openLedger('USD')),
      command(say.open('alice', 'USD')),
      command(say.openLedger('USD'), { dryRun: true }),
    ];
    expect(await run(...commands)).toEqual(['unknown_currency', 'LedgerOpened', 'AccountOpened', 'ledger_exists']);
    expect(await directory.find(LEDGER)).not.toBeNull();
  });
});
