import type { Micros } from '@ledgerflow/contracts';
import type { Command } from '@ledgerflow/contracts/grpc';
import type { Decision, DecisionContext, LedgerState } from './decision.ts';

export type CommandBody = NonNullable<Command['body']>;
export type CommandKind = CommandBody['$case'];
export type BodyOf<K extends CommandKind> = Extract<CommandBody, { $case: K }>['value'];

/** A JSON value that says what a command wants, in one normal form. */
export type Normal = string | number | null | readonly Normal[];

/** Gathers what a batch of commands has to read. */
export interface NeedsCollector {
  account(id: string): void;
  externalId(id: string | undefined): void;
}

/** All the writer knows of one command. A command is one file that exports one of these, and one line of the registry. */
export interface CommandDefinition<B> {
  /** Pure: the same state, now and context give the same decision. Does not modify anything it is given. */
  decide(body: B, state: LedgerState, now: Micros, context: DecisionContext): Decision;
  /** Names every account and externalId the decision may look at. key: the stored key. */
  needs(body: B, needs: NeedsCollector, key: string): void;
  /** What makes two requests the same one: all that is asked for, normalised; nothing of who asks, when, or by which request. */
  fingerprint(body: B): readonly Normal[];
}
