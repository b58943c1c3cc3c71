import type { NodeGroup } from './nodes.ts';
import type { Surroundings } from './surroundings.ts';
import { UNKNOWN } from './view.ts';

/** What the GPU machines of a plan cost. */
export interface Cost {
  /** USD per hour of what has a price; see `unpriced` for the rest. */
  readonly before: number;
  readonly after: number;
  /** Machines after the apply that nobody knows the price or the number of. */
  readonly unpriced: readonly { readonly address: string; readonly what: string }[];
}

export const HOURS_PER_MONTH = 730;

export function costOf(nodes: readonly NodeGroup[], { price }: Surroundings): Cost {
  let before = 0;
  let after = 0;
  const unpriced: { address: string; what: string }[] = [];
  for (const group of nodes) {
    const was = amountOf(group.before, price);
    const will = amountOf(group.after, price);
    if (typeof was === 'number') before += was;
    if (typeof will === 'number') after += will;
    else unpriced.push({ address: group.subject.address, what: will });
  }
  return { before, after, unpriced };
}

/** USD per hour, or what is missing to say it. */
function amountOf(side: NodeGroup['after'], price: Surroundings['price']): number | string {
  if (side === undefined || side.count === 0) return 0;
  const { machine, count } = side;
  if (machine.type === 'docker') return 0;
  if (machine.type === UNKNOWN) return 'its machine type is only known after the apply';
  const each = price(machine.type, machine.market);
  if (each === undefined)
    return `no price is known of ${machine.type === '' ? 'a machine without a type' : machine.type} (${machine.market})`;
  return count === UNKNOWN ? `the number of ${machine.type} is only known after the apply` : each * count;
}
