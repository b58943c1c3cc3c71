import type { Environment } from '../../contracts/environment.ts';
import { releasesOfModel } from '../../contracts/release.ts';
import { SEQUENCES_PER_SERVER } from '../../contracts/server-capacity.ts';
import { Failure } from '../errors.ts';
import type { Weights } from './assignments.ts';
import { serverHealth } from './healthy-servers.ts';
import { type Prometheus, queryIfAble } from './prometheus.ts';

/** The time whose busiest moment a release must be able to take its share of. */
const PEAK_WINDOW = '10m';

/**
 * A release of own nodes gets more traffic only if it has healthy servers, and enough of them for its share of the
 * model's busiest moment in the last minutes. Without Prometheus that moment is unknown and `said` is told.
 * @throws Failure that names every release that cannot take its weight, with both numbers
 */
export async function refuseWithoutCapacity(
  environment: Environment,
  model: string,
  wanted: Weights,
  prometheus: Prometheus | undefined,
  said: (line: string) => void,
): Promise<void> {
  const growing = releasesOfModel(environment, model).filter(
    ({ kind, name, weight }) => kind === 'nodes' && (wanted[name] ?? 0) > weight,
  );
  if (growing.length === 0) return;
  const [peak, ...healths] = await Promise.all([
    peakRequests(model, prometheus, said),
    ...growing.map((release) => serverHealth(environment, release, prometheus, said)),
  ]);
  if (peak === undefined)
    said(`without Prometheus, whether the servers can take their share of ${model} is not known`);
  const problems = growing.flatMap(({ name }, index) => {
    const health = healths[index];
    const weight = wanted[name] ?? 0;
    if (health?.healthy === undefined) {
      said(`how many servers of ${model} ${name} are healthy is not known from here`);
      return [];
    }
    const { healthy, all } = health;
    const percent = weight / 100;
    if (healthy === 0)
      return [`${model} ${name}: none of its ${count(all)} is healthy, so it cannot take ${percent} %`];
    const needed = Math.ceil(((peak ?? 0) * weight) / 10_000);
    const capacity = healthy * SEQUENCES_PER_SERVER;
    return needed <= capacity
      ? []
      : [
          `${model} ${name}: ${percent} % would be up to ${needed} requests at once (${peak} in the last ${PEAK_WINDOW}), ${count(healthy)} can work on ${capacity}; add servers or take a smaller step`,
        ];
  });
  if (problems.length > 0) throw new Failure(problems.join('\n'));
}

async function peakRequests(
  model: string,
  prometheus: Prometheus | undefined,
  said: (line: string) => void,
): Promise<number | undefined> {
  const inFlight = `sum(max_over_time(oss_requests_in_flight{model="${model}"}[${PEAK_WINDOW}]))`;
  const samples = await queryIfAble(prometheus, inFlight, said);
  return samples === undefined ? undefined : (samples[0]?.value ?? 0);
}

function count(servers: number): string {
  return `${servers} server${servers === 1 ? '' : 's'}`;
}
