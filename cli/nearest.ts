import { closest, distance } from 'fastest-levenshtein';

/** `did you mean prod? (known: local, prod)`; without the question where nothing is near. */
export function nearest(given: string, known: readonly string[], what = 'known'): string {
  const best = closest(given, [...known]);
  const near = distance(given, best) <= Math.max(2, Math.floor(given.length / 2));
  return `${near ? `did you mean ${best}? ` : ''}(${what}: ${known.join(', ')})`;
}
