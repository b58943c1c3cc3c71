import type { Target } from '../config.ts';
import { openUpstream, type Upstream, type UpstreamSettings } from './upstream.ts';

/** The upstreams of the present configuration. Those that a reload keeps keep their connections. */
export interface Upstreams {
  /** Answers where each of these targets is reached, and closes what is no longer among them. */
  use<T extends Target>(targets: Iterable<T>): (target: T) => Upstream;
}

export function createUpstreams(settings: UpstreamSettings = {}): Upstreams {
  let present = new Map<string, Upstream>();
  return {
    use(targets) {
      const next = new Map<string, Upstream>();
      const byTarget = new Map<Target, Upstream>();
      for (const target of targets) {
        const id = JSON.stringify([target.url.href, target.certificateAuthority, target.proxy?.href]);
        const upstream = next.get(id) ?? present.get(id) ?? openUpstream(target, settings);
        next.set(id, upstream);
        byTarget.set(target, upstream);
      }
      for (const [id, upstream] of present) if (!next.has(id)) upstream.close();
      present = next;
      return (target) => {
        const upstream = byTarget.get(target);
        if (upstream === undefined) throw new Error(`${target.url.href} is not in use`);
        return upstream;
      };
    },
  };
}
