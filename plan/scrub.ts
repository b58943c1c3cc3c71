import type { Plan } from './plan-json.ts';
import { HIDDEN, withoutKeys } from './secret-shapes.ts';

const SHORTEST = 6;

/** Takes out of a text what the plan calls sensitive, and what has the shape of a key. */
export function scrubber(plan: Plan | undefined): (text: string) => string {
  let values: readonly string[] | undefined;
  return (text) => {
    values ??= plan === undefined ? [] : sensitiveValues(plan);
    let clean = text;
    for (const value of values) if (clean.includes(value)) clean = clean.replaceAll(value, HIDDEN);
    return withoutKeys(clean);
  };
}

/** Every text that the plan marks as sensitive, the longest first. */
export function sensitiveValues({ changes, drift, outputs, variables }: Plan): string[] {
  const found = new Set<string>();
  for (const { before, after, sensitiveBefore, sensitiveAfter } of [...changes, ...drift]) {
    collect(before, sensitiveBefore, found);
    collect(after, sensitiveAfter, found);
  }
  for (const { value, sensitive } of [...outputs, ...variables]) if (sensitive) collect(value, true, found);
  return [...found].toSorted((a, b) => b.length - a.length);
}

function collect(value: unknown, mask: unknown, found: Set<string>): void {
  if (mask === undefined || mask === false || mask === null) return;
  if (mask === true) leaves(value, found);
  else if (typeof mask === 'object' && typeof value === 'object' && value !== null)
    for (const key in mask)
      collect((value as Record<string, unknown>)[key], (mask as Record<string, unknown>)[key], found);
}

function leaves(value: unknown, found: Set<string>): void {
  if (typeof value === 'string') {
    if (value.length >= SHORTEST) found.add(value);
  } else if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) leaves(inner, found);
}
