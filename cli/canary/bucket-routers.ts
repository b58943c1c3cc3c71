import { ROUTER_OBJECTS } from '../../contracts/router-agent-settings.ts';
import type { Bucket } from '../clouds/cloud.ts';
import { Failure } from '../errors.ts';
import type { Prometheus, Sample } from './prometheus.ts';
import type { Routers } from './routers.ts';

/** Prometheus sees a new version with its next scrape. */
const POLL_MS = 500;

/**
 * Router machines of a cloud: their agents look at the document's object every two seconds, and Prometheus tells which
 * version each of them has. Nobody outside their network can ask them.
 */
export function bucketRouters(
  bucket: Pick<Bucket, 'read' | 'write'>,
  prometheus: Prometheus | undefined,
): Routers {
  const asked = (expression: string) => {
    if (prometheus !== undefined) return prometheus.query(expression);
    throw new Failure('which version the routers have, Prometheus knows: set FLEET_PROMETHEUS_URL');
  };
  return {
    pollMs: POLL_MS,
    clock: async () => (await asked('vector(time())'))[0]?.value ?? 0,
    delivered: () => bucket.read(ROUTER_OBJECTS.document),
    deliver: (document) => bucket.write(ROUTER_OBJECTS.document, document),
    // A version that was seen before a change tells nothing of it, so the time of its scrape is asked for.
    async versions(since = 0) {
      const [seen, scraped, refused] = await Promise.all([
        asked('up{job="router"}'),
        asked('timestamp(fleet_router_document_info{job="router"})'),
        asked('fleet_router_document_refused{job="router"} == 1'),
      ]);
      const versionOf = new Map(
        scraped
          .filter(({ value }) => value >= since)
          .map((sample) => [nameOf(sample), sample.labels.version]),
      );
      const refusing = new Set(refused.map(nameOf));
      return seen.map((sample) => {
        const router = nameOf(sample);
        return {
          router,
          version: versionOf.get(router),
          error: refusing.has(router) ? 'it refuses a document; its journal says why' : undefined,
        };
      });
    },
  };
}

/** The machine's name where Prometheus found it by its label, else where it was asked. */
function nameOf({ labels: { node, instance } }: Sample): string {
  return node ?? instance ?? 'router';
}
