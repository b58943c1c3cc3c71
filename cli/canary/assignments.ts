import type { WeightedRelease } from '../../contracts/split.ts';
import { FULL_WEIGHT, hasTwoDecimals, toBasisPoints } from '../../contracts/weight.ts';
import { UsageError } from '../errors.ts';
import { nearest } from '../nearest.ts';

/** Basis points by release, for all releases of a model. */
export type Weights = Readonly<Record<string, number>>;

const ROLES = ['stable', 'canary'] as const;
type Role = (typeof ROLES)[number];

/**
 * The weights that `v32=90 v33=10` or `canary=10` ask for. By names, those that are not given stay; by one role, the
 * other role takes the rest of the band that stable and canary share.
 * @throws UsageError for what is no assignment, for unknown names, and for a sum other than 100
 */
export function wantedWeights(
  assignments: readonly string[],
  model: string,
  releases: readonly WeightedRelease[],
): Weights {
  const given = new Map<string, number>();
  for (const assignment of assignments) {
    const { key, weight } = parse(assignment);
    const name = releaseOf(key, model, releases);
    if (given.has(name)) throw new UsageError(`${name} is given twice`);
    given.set(name, weight);
  }
  const rest = restOfBand(assignments, releases, given);
  const weights = Object.fromEntries(
    releases.map(({ name, weight }) => [name, given.get(name) ?? rest.get(name) ?? weight]),
  );
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
  if (sum === FULL_WEIGHT) return weights;
  const parts = releases.map(
    ({ name }) => `${name}=${(weights[name] ?? 0) / 100}${given.has(name) ? '' : ' (as it is)'}`,
  );
  throw new UsageError(
    `${model}: weights must add up to 100, got ${sum / 100}: ${parts.join(', ')}; give the others too, or canary=… alone`,
  );
}

function parse(assignment: string): { readonly key: string; readonly weight: number } {
  const [, key, text] = /^([^=]+)=(.+)$/.exec(assignment) ?? [];
  if (key === undefined || text === undefined)
    throw new UsageError(`a weight is given as RELEASE=PERCENT, such as v33=10, got ${assignment}`);
  const percent = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(percent >= 0 && percent <= 100) || !hasTwoDecimals(percent))
    throw new UsageError(`${key}: must be 0 to 100 with at most two decimals, got ${text}`);
  return { key, weight: toBasisPoints(percent) };
}

/** A release's own name goes before a role of the same name. */
function releaseOf(key: string, model: string, releases: readonly WeightedRelease[]): string {
  if (releases.some(({ name }) => name === key)) return key;
  const byRole = isRole(key) ? releases.find(({ role }) => role === key) : undefined;
  if (byRole !== undefined) return byRole.name;
  const known = releases.map(({ name }) => name);
  throw new UsageError(
    isRole(key)
      ? `${model} has no release with role ${key}; name releases: ${known.join(', ')}`
      : `${model} has no release ${key}; ${nearest(key, known, 'releases')}`,
  );
}

function restOfBand(
  assignments: readonly string[],
  releases: readonly WeightedRelease[],
  given: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const [only = ''] = assignments.map((assignment) => assignment.split('=')[0] ?? '');
  if (assignments.length !== 1 || !isRole(only) || releases.some(({ name }) => name === only))
    return new Map();
  const band = releases.filter(({ role }) => role !== undefined);
  const [other] = band.filter(({ name }) => !given.has(name));
  if (other === undefined) return new Map();
  const whole = band.reduce((sum, { weight }) => sum + weight, 0);
  const [taken = 0] = given.values();
  if (taken > whole)
    throw new UsageError(
      `${only}=${taken / 100} is more than the ${whole / 100} % that stable and canary have together`,
    );
  return new Map([[other.name, whole - taken]]);
}

function isRole(text: string): text is Role {
  return ROLES.some((role) => role === text);
}
