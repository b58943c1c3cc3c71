import type { Environment } from '../../contracts/environment.ts';
import { type Release, releasesOfModel } from '../../contracts/release.ts';
import { SEQUENCES_PER_SERVER } from '../../contracts/server-capacity.ts';
import type { Context } from '../context.ts';
import { Failure } from '../errors.ts';
import { environmentFile } from '../project.ts';
import type { Weights } from './assignments.ts';
import { type ServerHealth, serverHealth } from './healthy-servers.ts';
import { peakRequests } from './peak-requests.ts';
import { openPrometheus, prometheusUrl } from './prometheus.ts';

/**
 * A release of own nodes gets more traffic only if it has healthy servers, and enough of them for its share of the
 * model's busiest moment in the last minutes. A canary of which one of them is not known gets none either; for another
 * release it is only said, because traffic must be able to leave a canary while nobody can tell anything.
 * @throws Failure that names every release that cannot take its weight, with the numbers that are known
 */
export async function refuseWithoutCapacity(
  environment: Environment,
  model: string,
  wanted: Weights,
  context: Context,
): Promise<void> {
  const { name } = environment;
  const growing = releasesOfModel(environment, model).filter(
    (release) => release.kind === 'nodes' && (wanted[release.name] ?? 0) > release.weight,
  );
  if (growing.length === 0) return;
  const url = prometheusUrl(environment, context.env);
  const prometheus = url === undefined ? undefined : openPrometheus(url);
  const [peak, ...healths] = await Promise.all([
    peakRequests(model, prometheus, context),
    ...growing.map((release) => serverHealth(environment, release, prometheus, context.progress)),
  ]);
  const judged = growing.map((release, index) => ({
    role: release.role,
    ...capacityProblem(release, wanted[release.name] ?? 0, peak, healths[index]),
  }));
  const known = judged.flatMap(({ problem }) => problem ?? []);
  const unknown = judged.flatMap(({ role, unknown: what }) => (role === 'canary' ? (what ?? []) : []));
  for (const { role, unknown: what } of judged)
    if (role !== 'canary' && what !== undefined) context.progress(what);
  const advice =
    url === undefined
      ? `set FLEET_PROMETHEUS_URL to where the Prometheus of ${name} is`
      : `have ${url} see it, or set FLEET_PROMETHEUS_URL`;
  if (known.length + unknown.length > 0)
    throw new Failure(
      [
        ...known,
        ...unknown,
        ...(unknown.length > 0
          ? [
              `${advice}; or answer for it: write the weights into ${environmentFile(name)} and \`fleet up ${name}\``,
            ]
          : []),
      ].join('\n'),
    );
}

interface Capacity {
  /** Why it cannot take its share. */
  readonly problem?: string;
  /** Why nobody knows whether it can. */
  readonly unknown?: string;
}

function capacityProblem(
  { model, name }: Release,
  weight: number,
  peak: number | undefined,
  health: ServerHealth | undefined,
): Capacity {
  const what = `${model} ${name}`;
  const percent = weight / 100;
  if (health?.healthy === undefined)
    return {
      unknown: `${what}: how many of its servers are healthy is not known, so it cannot take ${percent} %`,
    };
  const { healthy, all } = health;
  if (healthy === 0)
    return { problem: `${what}: none of its ${count(all)} is healthy, so it cannot take ${percent} %` };
  const capacity = healthy * SEQUENCES_PER_SERVER;
  if (peak === undefined)
    return {
      unknown: `${what}: ${count(healthy)} can work on ${capacity} requests at once, but how many ${percent} % would be is not known`,
    };
  const needed = Math.ceil((peak * weight) / 10_000);
  if (needed <= capacity) return {};
  return {
    problem: `${what}: ${percent} % would be up to ${needed} requests at once (${peak} in the last minutes), ${count(healthy)} can work on ${capacity}; add servers or take a smaller step`,
  };
}

function count(servers: number): string {
  return `${servers} server${servers === 1 ? '' : 's'}`;
}
