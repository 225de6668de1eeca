import { RECORD_CLOUD_EVENT_TYPE, parseMicros } from '@ledgerflow/contracts';
import { cloudEventHeaders } from '@ledgerflow/platform/kafka';
import type { OutgoingMessage } from '@ledgerflow/platform/kafka';
import type { LedgerLocation } from '../application/store.ts';

/** The log gave something else than the next record. The slot stops there: nothing is ever skipped. */
export class RelayOrderError extends Error {
  override name = 'RelayOrderError';
}

interface RecordHead {
  ledger: string;
  ledgerNumber: number;
  ledgerUuid: string;
  epoch: number;
  position: string;
  recordedAt: string;
}

/** One ledger's part of a batch. Times are RFC 3339. */
export interface Run {
  last: bigint;
  firstAt: string;
  lastAt: string;
}

/** Milliseconds since 1970. */
export function milliseconds(time: string): number {
  return Number((parseMicros(time) ?? 0n) / 1000n);
}

/** Records of one slot on their way to Kafka, per ledger in order of position without gaps. */
export class Batch {
  readonly messages: OutgoingMessage[] = [];
  readonly runs = new Map<number, Run>();
  private bytes = 0;
  private readonly countMax: number;
  private readonly bytesMax: number;

  constructor(countMax: number, bytesMax: number) {
    this.countMax = countMax;
    this.bytesMax = bytesMax;
  }

  get countLeft(): number {
    return this.countMax - this.messages.length;
  }

  get bytesLeft(): number {
    return this.bytesMax - this.bytes;
  }

  get isFull(): boolean {
    return this.countLeft <= 0 || this.bytesLeft <= 0;
  }

  /** Adds the records that follow `after`, until it is full; how many it took. A single record larger than the bound goes alone. */
  add(location: LedgerLocation, after: bigint, texts: readonly string[]): number {
    let position = this.runs.get(location.number)?.last ?? after;
    let taken = 0;
    for (const text of texts) {
      if (this.isFull || (this.messages.length > 0 && text.length > this.bytesLeft)) break;
      const head = JSON.parse(text) as RecordHead;
      position += 1n;
      if (head.ledgerNumber !== location.number || head.position !== position.toString()) {
        throw new RelayOrderError(
          `the log of ledger ${location.number} gave ledger ${head.ledgerNumber} position ${head.position} in place of position ${position}`,
        );
      }
      this.messages.push({
        partition: location.slot,
        key: location.ledger,
        value: text,
        headers: cloudEventHeaders(RECORD_CLOUD_EVENT_TYPE, head),
      });
      this.bytes += text.length;
      const run = this.runs.get(location.number);
      this.runs.set(location.number, { last: position, firstAt: run?.firstAt ?? head.recordedAt, lastAt: head.recordedAt });
      taken++;
    }
    return taken;
  }
}
