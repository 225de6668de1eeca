const STATE_WORDS = 4;
const TWO_TO_32 = 0x1_0000_0000;
const TWO_TO_21 = 0x20_0000;
const TWO_TO_53 = 2 ** 53;

/** A bijection of 32 bits in which every bit of the result depends on every bit given (splitmix32). */
function mix(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x21f0_aaad);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x735a_2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/**
 * The first state of a stream of a seed. Seed and stream are mixed one after the other and anew for each word: were they one counter, the words of a stream would be
 * those of another one shifted.
 */
export function stateOf(seed: number, stream: number): Uint32Array {
  const word = (index: number): number => {
    const step = Math.imul(index + 1, 0x9e37_79b9);
    return mix(mix(mix(seed + step) ^ stream) + step);
  };
  return Uint32Array.from({ length: STATE_WORDS }, (_, index) => word(index));
}

/**
 * Chance that can be repeated: xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021). The same seed and stream give the same
 * sequence on every machine; streams of one seed are independent of each other. Not for secrets.
 */
export class Random {
  private readonly state: Uint32Array;

  constructor(seed: number, stream = 0) {
    this.state = stateOf(seed, stream);
  }

  /** 32 random bits. */
  private bits(): number {
    const { state } = this;
    const [a, b, c, d] = state as unknown as [number, number, number, number];
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const [c2, d2] = [c ^ a, d ^ b];
    state[0] = a ^ d2;
    state[1] = b ^ c2;
    state[2] = c2 ^ (b << 9);
    state[3] = (d2 << 11) | (d2 >>> 21);
    return result;
  }

  /** From 0, included, to 1, excluded. */
  real(): number {
    return (this.bits() * TWO_TO_21 + (this.bits() >>> 11)) / TWO_TO_53;
  }

  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.real() * (max - min + 1));
  }

  /** A whole number from 0 to `limit`, which is not included. */
  below(limit: number): number {
    return Math.floor(this.real() * limit);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.bits() / TWO_TO_32 < probability;
  }

  /** One of them, each as likely. There must be one. */
  pick<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new Error('nothing to pick from');
    return choices[this.whole(0, choices.length - 1)] as T;
  }

  /** The index of one of the weights, as likely as it is heavy. At least one must be above zero. */
  weighted(weights: readonly number[]): number {
    let left = this.real() * weights.reduce((sum, weight) => sum + weight, 0);
    const last = weights.findLastIndex((weight) => weight > 0);
    for (const [index, weight] of weights.entries()) {
      left -= weight;
      if (left < 0 && weight > 0) return index;
    }
    return last;
  }

  /** A key of `weights`, each as likely as it is heavy. */
  named<K extends string>(weights: Readonly<Record<K, number>>): K {
    return (Object.keys(weights) as K[])[this.weighted(Object.values(weights))] as K;
  }

  /** A generator of its own for a part of the run, so that the parts do not disturb each other's sequence. */
  fork(): Random {
    return new Random(this.bits());
  }

  /** Of the normal distribution with mean 0 and deviation 1 (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.real())) * Math.cos(2 * Math.PI * this.real());
  }
}
