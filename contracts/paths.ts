import type { Problem } from './problem.ts';

/** Keys from the root of a document. */
type Path = Problem['path'];

/** A deep copy of mappings in which the values at the given paths are left out. Lists are kept whole. */
export function without(value: unknown, paths: readonly Path[], here: Path = []): unknown {
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !paths.some((path) => same(path, [...here, key])))
      .map(([key, inner]) => [key, without(inner, paths, [...here, key])]),
  );
}

/** As much of a path as exists in a value; it ends at a list. A missing key leads to the mapping that lacks it. */
export function existingPart(value: unknown, path: Path): Path {
  const [key, ...rest] = path;
  if (key === undefined || !isMapping(value) || !(key in value)) return [];
  return [key, ...existingPart(value[key], rest)];
}

/** Whether one path leads to the other's place or beyond it. */
export function overlap(a: Path, b: Path): boolean {
  return a.slice(0, b.length).every((key, index) => String(key) === String(b[index]));
}

function same(a: Path, b: Path): boolean {
  return a.length === b.length && overlap(a, b);
}

function isMapping(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
