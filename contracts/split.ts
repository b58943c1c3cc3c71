import { FULL_WEIGHT, formatPercent } from './weight.ts';

/** One arm of a split: a value and its share in basis points. */
export interface Arm {
  readonly value: string;
  readonly share: number;
}

/** What the two splits of a model are computed from. */
export interface WeightedRelease {
  readonly name: string;
  readonly role?: 'stable' | 'canary';
  /** Share of the model's traffic in basis points. */
  readonly weight: number;
}

/**
 * A model's two splits. `band` divides other releases from the own band on the plain routing key; `own` divides
 * stable from canary on the key salted per rollout, so that a new salt moves nobody between own and other.
 */
export interface ModelSplit {
  readonly band: readonly Arm[];
  readonly own: readonly Arm[];
}

/** Salt of a model whose stable/canary split no rollout has drawn anew. */
export const FIRST_SALT = '1';

/** Value that `band` yields for the own releases. Never a release's name: those do not begin with a hyphen. */
export const OWN_BAND = '-own';

/**
 * Order matters: others first, own last; stable first, canary last. Then a growing canary takes keys from
 * stable alone, and nobody else moves (prediction and nginx agree, `predictRelease`).
 */
export function splitOf(releases: readonly WeightedRelease[]): ModelSplit {
  const stable = releases.find(({ role }) => role === 'stable');
  const canary = releases.find(({ role }) => role === 'canary');
  const others = releases.filter(({ role, weight }) => role === undefined && weight > 0);
  const ownWeight = (stable?.weight ?? 0) + (canary?.weight ?? 0);
  const band = others.map(({ name, weight }) => ({ value: name, share: weight }));
  if (ownWeight > 0) band.push({ value: OWN_BAND, share: ownWeight });
  const canaryShare = ownWeight === 0 ? 0 : Math.round(((canary?.weight ?? 0) * FULL_WEIGHT) / ownWeight);
  const own = [
    ...(stable !== undefined ? [{ value: stable.name, share: FULL_WEIGHT - canaryShare }] : []),
    ...(canary !== undefined ? [{ value: canary.name, share: canaryShare }] : []),
  ];
  return { band, own: own.filter(({ share }) => share > 0) };
}

/** The lines of an nginx `split_clients` block for these arms; the last arm takes the rest. */
export function splitClientsLines(arms: readonly Arm[]): string[] {
  return arms.map(({ value, share }, index) =>
    index === arms.length - 1 ? `* ${value};` : `${formatPercent(share)}% ${value};`,
  );
}

/** The text that each of the two splits hashes. */
export function splitInputs(
  routingKey: string,
  salt: string,
): { readonly band: string; readonly own: string } {
  return { band: routingKey, own: `${salt}|${routingKey}` };
}

/** The release that nginx will choose for a routing key, computed offline. Undefined: the model takes no traffic. */
export function predictRelease(split: ModelSplit, salt: string, routingKey: string): string | undefined {
  const inputs = splitInputs(routingKey, salt);
  const chosen = pick(split.band, inputs.band);
  return chosen === OWN_BAND ? pick(split.own, inputs.own) : chosen;
}

/** Ranges as in nginx's `ngx_http_split_clients_module.c`: cumulative integer arithmetic, the last arm takes the rest. */
function pick(arms: readonly Arm[], input: string): string | undefined {
  const hash = murmur2(Buffer.from(input));
  let end = 0;
  for (const [index, { value, share }] of arms.entries()) {
    end += Math.floor((share * 0xffffffff) / FULL_WEIGHT);
    if (index === arms.length - 1 || hash < end) return value;
  }
  return undefined;
}

/** MurmurHash2, 32 bits, seed 0 mixed with the length, as nginx's `ngx_murmur_hash2`. */
export function murmur2(data: Uint8Array): number {
  const mix = 0x5bd1e995;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let hash = data.length >>> 0;
  let position = 0;
  for (; data.length - position >= 4; position += 4) {
    let block = Math.imul(view.getUint32(position, true), mix);
    block ^= block >>> 24;
    hash = Math.imul(hash, mix) ^ Math.imul(block, mix);
  }
  const rest = data.subarray(position);
  for (let index = rest.length - 1; index >= 0; index -= 1) hash ^= (rest[index] ?? 0) << (8 * index);
  if (rest.length > 0) hash = Math.imul(hash, mix);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, mix);
  return (hash ^ (hash >>> 15)) >>> 0;
}
