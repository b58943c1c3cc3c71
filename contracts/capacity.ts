import type { NodesDocument } from './environment-schema.ts';

/** One rung of the capacity ladder: so many machines from one source. */
export type Rung = NonNullable<NodesDocument['capacity']>[number];

/** Where a release's machines come from. Without a ladder all are on-demand. */
export function rungsOf({ capacity, count }: NodesDocument): readonly Rung[] {
  return capacity ?? [{ from: 'on-demand', count }];
}

/** What tells a rung from the others of its release, and never its count: `on-demand`, `reservation-cr-0a1b2c3d`. */
export function rungName({ from, reservation, zone }: Rung): string {
  return [from, reservation, zone].filter((part) => part !== undefined).join('-');
}
