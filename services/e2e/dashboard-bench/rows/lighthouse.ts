import { runLighthouse } from '../lighthouse.ts';
import type { Figure, Row } from './row.ts';

const TARGETS = { accessibility: 100, 'best-practices': 95 } as const;
const TITLES = { accessibility: 'accessibility', 'best-practices': 'best practices' } as const;
type Category = keyof typeof TARGETS;

/** What Lighthouse gives the Overview, signed in. */
export const lighthouse: Row = {
  name: 'lighthouse',
  measure: async (ground) => {
    const categories = Object.keys(TARGETS) as Category[];
    const scores = await runLighthouse(ground, ground.overview, categories);
    return scores.map(({ category, score, failed }): Figure => ({
      name: `Overview: Lighthouse ${TITLES[category]}`,
      value: score,
      unit: 'of 100',
      target: { atLeast: TARGETS[category] },
      about: failed.length === 0 ? 'no audit failed' : `failed: ${failed.join(', ')}`,
    }));
  },
};
