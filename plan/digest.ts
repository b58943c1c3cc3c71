import { createHash } from 'node:crypto';
import type { Plan } from './plan-json.ts';

/**
 * What a plan would do, as one number: addresses, actions, replace paths and values without those that are sensitive.
 * Two plans of the same digest do the same; a deploy compares its own with the one that was reviewed.
 */
export function digestOf({ changes, outputs, complete }: Plan): string {
  const hash = createHash('sha256');
  for (const change of changes.toSorted((a, b) => (a.address < b.address ? -1 : 1))) {
    if (change.action === 'no-op' || change.action === 'read') continue;
    const { address, action, createdFirst, previousAddress, replacePaths, before, after, unknown } = change;
    hash.update(
      JSON.stringify([
        ...[address, action, createdFirst, previousAddress ?? null, replacePaths],
        ...[redacted(before, change.sensitiveBefore), redacted(after, change.sensitiveAfter), unknown],
      ]),
    );
  }
  for (const { name, value, sensitive, changes: changed } of outputs)
    if (changed) hash.update(JSON.stringify([name, sensitive ? null : (value ?? null)]));
  return hash.update(String(complete)).digest('hex');
}

function redacted(value: unknown, mask: unknown): unknown {
  if (mask === true) return '(sensitive)';
  if (typeof value !== 'object' || value === null) return value ?? null;
  const marks = typeof mask === 'object' && mask !== null ? (mask as Record<string, unknown>) : {};
  if (Array.isArray(value)) return value.map((inner, index) => redacted(inner, marks[index]));
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, redacted(inner, marks[key])]),
  );
}
