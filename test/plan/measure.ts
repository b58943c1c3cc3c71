import { readFileSync } from 'node:fs';
import { judge } from '../../plan/judge.ts';
import { readPlan } from '../../plan/plan-json.ts';
import { PRODUCTION, TODAY } from './support.ts';

/** `node --expose-gc … measure.ts parse|judge FILE`: prints the milliseconds and the heap that it took, as JSON. */
const [, , what, file = ''] = process.argv;
const text = readFileSync(file, 'utf8');
const collect = globalThis.gc;
if (collect === undefined) throw new Error('run with --expose-gc');

function once(): { readonly milliseconds: number; readonly bytes: number; readonly kept: unknown } {
  collect?.();
  const heap = process.memoryUsage().heapUsed;
  const begin = performance.now();
  const document: unknown = JSON.parse(text);
  const kept =
    what === 'judge'
      ? [document, judge({ plan: readPlan(document), surroundings: PRODUCTION, today: TODAY })]
      : document;
  const milliseconds = performance.now() - begin;
  // Garbage that is not collected yet counts too: that is what a runner has to have.
  return { milliseconds, bytes: process.memoryUsage().heapUsed - heap, kept };
}

const runs = Array.from({ length: 7 }, once).map(({ milliseconds, bytes }) => ({ milliseconds, bytes }));
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
console.log(
  JSON.stringify({
    milliseconds: median(runs.map(({ milliseconds }) => milliseconds)),
    bytes: median(runs.map(({ bytes }) => bytes)),
  }),
);
