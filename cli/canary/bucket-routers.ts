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
  return {
    pollMs: POLL_MS,
    delivered: () => bucket.read(ROUTER_OBJECTS.document),
    deliver: (document) => bucket.write(ROUTER_OBJECTS.document, document),
    async versions() {
      if (prometheus === undefined)
        throw new Failure('which version the routers have, Prometheus knows: set FLEET_PROMETHEUS_URL');
      const [seen, versions, refused] = await Promise.all([
        prometheus.query('up{job="router"}'),
        prometheus.query('fleet_router_document_info{job="router"}'),
        prometheus.query('fleet_router_document_refused{job="router"} == 1'),
      ]);
      const versionOf = new Map(versions.map((sample) => [nameOf(sample), sample.labels.version]));
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
