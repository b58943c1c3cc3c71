import { describe, expect, test } from 'vitest';
import { type Parts, reviewPullRequest } from '../../review/pipeline.ts';
import { readTestResults } from '../../review/test-results.ts';
import { type MemoryForge, memoryJournal, type scriptedModel } from './memory.ts';
import { jobOf, partsOf, shop, shopModel } from './shop.ts';

class Crash extends Error {}

/** The parts, of which the n-th call outside ends the program: before it has any effect, or right after. */
function crashing(
  parts: Parts,
  at: number,
  when: 'before' | 'after',
): { readonly parts: Parts; readonly calls: string[] } {
  const calls: string[] = [];
  const guarded = <Thing extends object>(thing: Thing, name: string): Thing =>
    new Proxy(thing, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== 'function') return value;
        return async (...args: readonly unknown[]) => {
          const mine = calls.push(`${name}.${String(key)}`) === at + 1;
          if (mine && when === 'before') throw new Crash();
          const result: unknown = await Reflect.apply(value, target, args);
          if (mine) throw new Crash();
          return result;
        };
      },
    });
  const { forge, model, journal } = parts;
  const all = {
    forge: guarded(forge, 'forge'),
    model: guarded(model, 'model'),
    journal: guarded(journal, 'journal'),
  };
  return { parts: { ...parts, ...all }, calls };
}

const seen = ({ reviews, sticky, branches }: MemoryForge) => ({
  reviews: [...reviews],
  branches: [...branches],
  sticky: sticky?.replaceAll(/\$[\d.]+|\d+ \+ \d+ tokens|"costUsd":[\d.]+/g, '(cost)'),
});

/** Everything outside that one undisturbed review calls, in order. */
async function undisturbed() {
  const forge = shop();
  const parts = partsOf(forge, shopModel());
  const { parts: counted, calls } = crashing(parts, -2, 'before');
  const outcome = await reviewPullRequest(jobOf('head1'), counted);
  return { forge, calls, outcome };
}

const { forge: expected, calls, outcome: expectedOutcome } = await undisturbed();
const stagesOf = (model: ReturnType<typeof scriptedModel>) => model.asked.map(({ stage }) => stage);

describe.each(['before', 'after'] as const)('a crash %s each of the calls of a review', (when) => {
  test.each(calls.map((call, index) => [index, call] as const))('%i, %s', async (at, call) => {
    const forge = shop();
    const model = shopModel();
    const parts = partsOf(forge, model);
    await expect(reviewPullRequest(jobOf('head1'), crashing(parts, at, when).parts)).rejects.toThrow(Crash);
    const outcome = await reviewPullRequest(jobOf('head1'), parts);
    expect(seen(forge)).toEqual(seen(expected));
    const paidTwice = (call === 'model.answer' && when === 'after') || lostRecord(at, when);
    expect(stagesOf(model)).toHaveLength(paidTwice ? 5 : 4);
    expect(new Set(stagesOf(model)).size).toBe(4);
    expect(outcome).toEqual(expectedOutcome);
  });
});

/** Between an answer and its record there is no way not to ask again. */
function lostRecord(at: number, when: 'before' | 'after'): boolean {
  return calls[at] === 'journal.append' && when === 'before' && calls[at - 1] === 'model.answer';
}

test('a crash in the reading of tests’ results changes nothing about them', async () => {
  const forge = shop();
  const parts = partsOf(forge, shopModel(), memoryJournal());
  await reviewPullRequest(jobOf('head1'), parts);
  forge.checksOf = 'passed';
  for (let at = 0; at < 7; at += 1) {
    for (const when of ['before', 'after'] as const) {
      const { parts: broken } = crashing(parts, at, when);
      await readTestResults(jobOf('head1'), broken).catch((error: unknown) =>
        expect(error).toBeInstanceOf(Crash),
      );
    }
  }
  expect(await readTestResults(jobOf('head1'), parts)).toMatchObject({ state: 'recommended' });
  expect(forge.sticky).toContain(': recommended');
});

test('a signal ends a review between two steps, and the next run goes on there', async () => {
  const forge = shop();
  const model = shopModel();
  const parts = partsOf(forge, model);
  const abort = new AbortController();
  const answer: typeof model.answer = (request, signal) => {
    if (request.stage === 'verify') abort.abort(new Error('drained'));
    return model.answer(request, signal);
  };
  const stopping = { ...parts, model: { answer }, signal: abort.signal };
  await expect(reviewPullRequest(jobOf('head1'), stopping)).rejects.toThrow('drained');
  expect(await reviewPullRequest(jobOf('head1'), parts)).toEqual(expectedOutcome);
  expect(stagesOf(model)).toEqual(['review', 'verify', 'docs', 'tests']);
});
