import type { SearchNode } from '../node/client.ts';
import { NodeAnswerError } from '../node/errors.ts';
import { indexBody, KINDS, type IndexSettings, type Kind } from './mappings.ts';

const NUMBER_DIGITS = 6;

/** The indices of one filling: numbered from 1, all four made, swapped and removed together. */
export class Generation {
  readonly number: number;
  private readonly prefix: string;

  constructor(prefix: string, number: number) {
    this.prefix = prefix;
    this.number = number;
  }

  /** The index itself, to read from. */
  index(kind: Kind): string {
    return `${this.prefix}-${kind}-${String(this.number).padStart(NUMBER_DIGITS, '0')}`;
  }

  /** The alias that writes go through. */
  writeAlias(kind: Kind): string {
    return `${this.index(kind)}-write`;
  }

  get indices(): string[] {
    return KINDS.map((kind) => this.index(kind));
  }
}

/** Somebody else swapped or removed what this was about to. */
export class GenerationConflictError extends Error {
  override name = 'GenerationConflictError';
}

type Aliases = Record<string, { aliases: Record<string, unknown> }>;

/** Which generations there are and which one readers see: `<prefix>-accounts` and the other three aliases, always swapped in one step. */
export class Generations {
  private readonly node: SearchNode;
  private readonly prefix: string;
  private readonly settings: IndexSettings;

  constructor(node: SearchNode, prefix: string, settings: IndexSettings) {
    this.node = node;
    this.prefix = prefix;
    this.settings = settings;
  }

  /** What readers use. */
  publicAlias(kind: Kind): string {
    return `${this.prefix}-${kind}`;
  }

  generation(number: number): Generation {
    return new Generation(this.prefix, number);
  }

  /** The one that the aliases show; null when there is none. Throws when they do not show one generation. */
  async live(): Promise<Generation | null> {
    const path = `/_alias/${KINDS.map((kind) => this.publicAlias(kind)).join(',')}`;
    const answer = await this.node.find<Aliases>('get aliases', { method: 'GET', path });
    const indices = Object.keys(answer ?? {}).filter((name) => name !== 'error' && name !== 'status');
    if (indices.length === 0) return null;
    const numbers = new Set(indices.map((name) => this.numberOf(name)));
    const [number] = numbers;
    if (numbers.size !== 1 || number === undefined || number === null || indices.length !== KINDS.length)
      throw new NodeAnswerError(
        `the aliases of ${this.prefix} show ${indices.sort().join(', ')}: not the indices of one generation`,
        409,
        '',
      );
    return this.generation(number);
  }

  /** All of which there is at least one index, by number. */
  async list(): Promise<Generation[]> {
    const answer = await this.node.find<Aliases>('get aliases', { method: 'GET', path: `/${this.prefix}-*/_alias` });
    const numbers = Object.keys(answer ?? {}).flatMap((name) => this.numberOf(name) ?? []);
    return [...new Set(numbers)].sort((a, b) => a - b).map((number) => this.generation(number));
  }

  /** Makes those of its indices that are not there. */
  async create(generation: Generation): Promise<void> {
    for (const kind of KINDS) {
      const body = indexBody(kind, this.settings, generation.writeAlias(kind));
      await this.node.call('create index', { method: 'PUT', path: `/${generation.index(kind)}`, body }).catch((error: unknown) => {
        if (!(error instanceof NodeAnswerError) || error.type !== 'resource_already_exists_exception') throw error;
      });
    }
  }

  /** The live one; on first use it is made. Whoever does that at the same time does the same. */
  async ensureLive(): Promise<Generation> {
    const live = await this.live();
    if (live !== null) return live;
    // A start that was cut short left some.
    const generation = (await this.list())[0] ?? this.generation(1);
    await this.create(generation);
    await this.swap(null, generation);
    return generation;
  }

  /** From one step to the next readers see `to` instead of `from`. Throws GenerationConflictError when they do not see `from` any more. */
  async swap(from: Generation | null, to: Generation): Promise<void> {
    const actions = KINDS.flatMap((kind) => [
      ...(from === null ? [] : [{ remove: { index: from.index(kind), alias: this.publicAlias(kind), must_exist: true } }]),
      { add: { index: to.index(kind), alias: this.publicAlias(kind) } },
    ]);
    await this.node.call('swap aliases', { method: 'POST', path: '/_aliases', body: { actions } }).catch((error: unknown) => {
      if (error instanceof NodeAnswerError && error.status === 404)
        throw new GenerationConflictError(`generation ${from?.number} is not the live one any more`);
      throw error;
    });
  }

  async remove(generation: Generation): Promise<void> {
    const path = `/${generation.indices.join(',')}`;
    await this.node.call('delete indices', { method: 'DELETE', path, query: { ignore_unavailable: true } });
  }

  private numberOf(index: string): number | null {
    for (const kind of KINDS) {
      const start = `${this.prefix}-${kind}-`;
      if (index.startsWith(start) && /^\d{6,}$/.test(index.slice(start.length))) return Number(index.slice(start.length));
    }
    return null;
  }
}
