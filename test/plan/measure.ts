import { readFileSync } from 'node:fs';
import { judge } from '../../plan/judge.ts';
import { readPlan } from '../../plan/plan-json.ts';
import { PRODUCTION, TODAY } from './support.ts';

/** `node --import tsx measure.ts parse|judge FILE`: prints the milliseconds, and the memory that the first time took at most, as JSON. */
const [, , what, file = ''] = process.argv;
const text = readFileSync(file, 'utf8');

function once(): { readonly milliseconds: number; readonly kept: unknown } {
  const begin = performance.now();
  const document: unknown = JSON.parse(text);
  const kept =
    what === 'judge'
      ? [document, judge({ plan: readPlan(document), surroundings: PRODUCTION, today: TODAY })]
      : document;
  return { milliseconds: performance.now() - begin, kept };
}

const before = process.memoryUsage().rss;
const first = once();
const bytes = process.resourceUsage().maxRSS * 1024 - before;
const times = [first, ...Array.from({ length: 6 }, once)].map(({ milliseconds }) => milliseconds);
console.log(JSON.stringify({ milliseconds: times.toSorted((a, b) => a - b)[3], bytes }));
