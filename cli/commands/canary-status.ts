import type { Environment } from '../../contracts/environment.ts';
import { releasesOfModel } from '../../contracts/release.ts';
import { type Observed, observe, reasonOf } from '../canary/observed.ts';
import { openRouters } from '../canary/open-routers.ts';
import { openPrometheus, prometheusUrl } from '../canary/prometheus.ts';
import { type Routers, type RouterVersion, versionOfDocument } from '../canary/routers.ts';
import { type AppliedShares, sharesOfDocument } from '../canary/shares-of-document.ts';
import type { Context } from '../context.ts';
import { Failure, messageOf } from '../errors.ts';
import { readEnvironment } from '../project.ts';

/** One release: what the file wants, what the routers do, what came of it. */
export interface ReleaseRow {
  readonly model: string;
  readonly release: string;
  readonly role?: 'stable' | 'canary';
  /** Percent, as the file says. */
  readonly wanted: number;
  /** Percent, as the document says that every router answers with. Undefined: not every router has the same one. */
  readonly applied?: number;
  readonly observed?: Observed;
}

export interface CanaryStatus {
  readonly environment: string;
  readonly minutes: number;
  readonly rows: readonly ReleaseRow[];
  readonly routers: readonly RouterVersion[];
  /** The version of the document that was delivered last. */
  readonly delivered?: string;
  /** Every router has applied what the file wants. */
  readonly applied: boolean;
  /** Why the routers were not asked. */
  readonly routersUnknown?: string;
  /** Why there is nothing observed. */
  readonly prometheusUnknown?: string;
}

/**
 * Wanted, applied and observed shares of every release.
 * @throws UsageError, EnvironmentError
 */
export async function canaryStatus(name: string, minutes: number, context: Context): Promise<CanaryStatus> {
  const environment = readEnvironment(context.project, name);
  const [routers, observed] = await Promise.all([
    askRouters(environment, context),
    askPrometheus(environment, minutes, context),
  ]);
  const rows = Object.keys(environment.models).flatMap((model) =>
    releasesOfModel(environment, model).map(({ name: release, role, weight }): ReleaseRow => {
      const applied = routers.shares?.(model, release);
      return {
        ...{ model, release, role, wanted: weight / 100 },
        ...(applied === undefined ? {} : { applied: applied / 100 }),
        ...(observed.of === undefined ? {} : { observed: observed.of(model, release) }),
      };
    }),
  );
  return {
    environment: name,
    minutes,
    rows,
    routers: routers.versions,
    ...(routers.delivered === undefined ? {} : { delivered: routers.delivered }),
    applied: rows.every(({ wanted, applied }) => applied !== undefined && Math.abs(wanted - applied) < 0.011),
    ...(routers.reason === undefined ? {} : { routersUnknown: routers.reason }),
    ...(observed.reason === undefined ? {} : { prometheusUnknown: observed.reason }),
  };
}

interface AskedRouters {
  readonly versions: readonly RouterVersion[];
  readonly delivered?: string;
  readonly shares?: AppliedShares;
  readonly reason?: string;
}

async function askRouters(environment: Environment, context: Context): Promise<AskedRouters> {
  const found = await openRouters(environment, context)
    .then((routers) => versionsAndDocument(routers))
    .catch((error: unknown) => ({ reason: known(error) }));
  if ('reason' in found) return { versions: [], reason: found.reason };
  const { versions, document } = found;
  const delivered = document === undefined ? undefined : versionOfDocument(document);
  const same = versions.length > 0 && versions.every(({ version }) => version === delivered);
  return {
    versions,
    delivered,
    shares: same && document !== undefined ? sharesOfDocument(document) : undefined,
  };
}

async function versionsAndDocument(
  routers: Routers,
): Promise<{ readonly versions: readonly RouterVersion[]; readonly document: string | undefined }> {
  const [versions, document] = await Promise.all([routers.versions(), routers.delivered()]);
  return { versions, document };
}

async function askPrometheus(
  environment: Environment,
  minutes: number,
  { env }: Context,
): Promise<{ readonly of?: (model: string, release: string) => Observed; readonly reason?: string }> {
  const url = prometheusUrl(environment, env);
  if (url === undefined)
    return { reason: 'where Prometheus is on a cloud is not known here: set FLEET_PROMETHEUS_URL' };
  return observe(openPrometheus(url), minutes)
    .then((of) => ({ of }))
    .catch((error: unknown) => ({ reason: reasonOf(error) }));
}

function known(error: unknown): string {
  if (error instanceof Failure) return error.message;
  return messageOf(error);
}
