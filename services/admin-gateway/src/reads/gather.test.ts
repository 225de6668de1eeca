import { describe, expect, it } from '@jest/globals';
import { Gathering } from './gather.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('questions that are asked together', () => {
  it('leave in one statement a turn, two at most on their way, and hear their own answers', async () => {
    const statements: { questions: readonly number[]; answer: () => void }[] = [];
    const gathering = new Gathering<number, string>(
      (questions) =>
        new Promise((resolve) => {
          statements.push({ questions, answer: () => resolve(questions.map((question) => `answer ${question}`)) });
        }),
    );
    const first = [1, 2].map((question) => gathering.ask(question));
    await turn();
    const second = gathering.ask(3);
    await turn();
    const third = [4, 5].map((question) => gathering.ask(question));
    await turn();
    expect(statements.map(({ questions }) => questions)).toEqual([[1, 2], [3]]);
    statements[1]?.answer();
    expect(await second).toBe('answer 3');
    // One turn until the place is free, one until the statement leaves.
    await turn();
    await turn();
    expect(statements[2]?.questions).toEqual([4, 5]);
    statements[0]?.answer();
    statements[2]?.answer();
    expect(await Promise.all([...first, ...third])).toEqual(['answer 1', 'answer 2', 'answer 4', 'answer 5']);
  });

  it('fail together, and the next are asked again', async () => {
    let fails = true;
    const gathering = new Gathering<number, number>((questions) =>
      fails ? Promise.reject(new Error('lost')) : Promise.resolve(questions),
    );
    expect(await Promise.allSettled([gathering.ask(1), gathering.ask(2)])).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    fails = false;
    expect(await gathering.ask(3)).toBe(3);
  });
});
