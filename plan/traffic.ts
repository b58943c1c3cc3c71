import { WEIGHTS_OUTPUT } from '../contracts/weights-note.ts';
import type { Plan } from './plan-json.ts';
import type { Resources } from './resources.ts';
import { isValues, UNKNOWN, type View } from './view.ts';

export interface Share {
  /** Percent of the model's traffic. */
  readonly weight: number;
  readonly role?: 'stable' | 'canary';
}

/** Shares by model and release. */
export type Shares = Readonly<Record<string, Readonly<Record<string, Share>>>>;

/** How the traffic is split, before and after. */
export interface Traffic {
  /** The resource that says it; undefined: an output does. */
  readonly address: string | undefined;
  /** Undefined: nothing is there yet, or what is there does not say its weights. */
  readonly before: Shares | undefined;
  readonly after: Shares | 'unknown' | 'unreadable' | undefined;
}

/** Where hand-written Terraform may say the weights, under `fleet-weights`. */
const METADATA: Readonly<Record<string, string>> = { aws_s3_object: 'metadata', terraform_data: 'input' };
const METADATA_KEY = 'fleet-weights';

/** The weights that a plan says: in the output of an environment's stack, or in the metadata of an object. */
export function trafficOf(resources: Resources, plan: Plan | undefined): Traffic | undefined {
  const output = plan?.outputs.find(({ name }) => name === WEIGHTS_OUTPUT);
  if (output !== undefined) {
    const before = typeof output.before === 'string' ? parse(output.before) : undefined;
    const after = output.unknown
      ? 'unknown'
      : typeof output.value === 'string'
        ? parse(output.value)
        : undefined;
    return traffic(undefined, before, after, output.value !== null);
  }
  for (const { type, address, before, after } of resources.all(...Object.keys(METADATA))) {
    const key = METADATA[type] ?? '';
    const was = sharesIn(before, key);
    const will = sharesIn(after, key);
    if (was !== undefined || will !== undefined) return traffic(address, was, will, after !== undefined);
  }
  return undefined;
}

/** What said the weights and goes on without them is unreadable. */
function traffic(
  address: string | undefined,
  before: Traffic['after'],
  after: Traffic['after'],
  stays: boolean,
): Traffic {
  return {
    address,
    before: typeof before === 'string' ? undefined : before,
    after: after ?? (before !== undefined && stays ? 'unreadable' : undefined),
  };
}

function sharesIn(view: View | undefined, key: string): Traffic['after'] {
  const metadata = view?.block(key);
  if (metadata === undefined || metadata === UNKNOWN) return undefined;
  const note = metadata.text(METADATA_KEY);
  return note === UNKNOWN ? 'unknown' : note === undefined ? undefined : parse(note);
}

function parse(note: string): Traffic['after'] {
  try {
    const shares: unknown = JSON.parse(note);
    return isShares(shares) ? shares : 'unreadable';
  } catch {
    return 'unreadable';
  }
}

function isShares(value: unknown): value is Shares {
  return (
    isValues(value) &&
    Object.values(value).every(
      (releases) =>
        isValues(releases) &&
        Object.values(releases).every((share) => isValues(share) && typeof share.weight === 'number'),
    )
  );
}

/** Whether requests go to a release, before or after; undefined where the plan does not say. */
export function serves(
  traffic: Traffic | undefined,
  model: string | undefined,
  release: string | undefined,
): boolean | undefined {
  if (traffic === undefined || model === undefined || release === undefined) return undefined;
  const sides = [traffic.before, traffic.after].filter(isValues) as Shares[];
  if (sides.length === 0) return undefined;
  return sides.some((shares) => (shares[model]?.[release]?.weight ?? 0) > 0);
}
