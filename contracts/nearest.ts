import { closest } from 'fastest-levenshtein';

/** The end of a message about an unknown name: `; did you mean v32?` Empty when nothing is known. */
export function nearest(name: string, known: readonly string[]): string {
  return known.length === 0 ? '' : `; did you mean ${closest(name, [...known])}?`;
}
