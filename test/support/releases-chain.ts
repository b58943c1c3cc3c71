import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EdgeConfig } from '../../contracts/gateway-config.ts';
import type { ServerAddress } from '../../contracts/router-documents.ts';
import { edgeConfig, type Started, start as startGateway } from '../services/gateway/support/start.ts';
import {
  environmentOf,
  type ReleaseSketch,
  renderedRouter,
  startRouter,
  type TestRouter,
} from '../workloads/router-support.ts';

/** Releases by model, in short. */
export type Sketch = Readonly<Record<string, Readonly<Record<string, ReleaseSketch>>>>;

/** A gateway before a router of several releases. */
export interface ReleasesChain {
  readonly gateway: Started;
  readonly router: TestRouter;
  /** Puts another document in place as the router agent does, and tells nginx. Returns its version. */
  change(sketch: Sketch, salt?: string): string;
}

export async function startReleasesChain(
  sketch: Sketch,
  servers: Readonly<Record<string, readonly ServerAddress[]>>,
  { egress, salt }: { readonly egress?: string; readonly salt?: string } = {},
): Promise<ReleasesChain> {
  const router = await startRouter(environmentOf(sketch, salt), servers, egress);
  const gateway = await startGateway(edgeOf(sketch, router.port));
  return {
    gateway,
    router,
    change(next, nextSalt = salt) {
      const { text, version } = renderedRouter(environmentOf(next, nextSalt), router, egress);
      writeFileSync(join(router.prefix, 'next.conf'), text);
      renameSync(join(router.prefix, 'next.conf'), join(router.prefix, 'nginx.conf'));
      process.kill(Number(readFileSync(join(router.prefix, 'run/nginx.pid'), 'utf8')), 'SIGHUP');
      return version;
    },
  };
}

/** The edge's configuration for these releases. */
export function edgeOf(sketch: Sketch, routerPort: number): EdgeConfig {
  const price = { input: 0.15, output: 0.6 };
  const models = Object.entries(sketch).map(([model, releases]) => [
    model,
    {
      contextTokens: 131_072,
      releases: Object.fromEntries(
        Object.entries(releases).map(([name, { endpoint }]) => [
          name,
          { kind: endpoint === true ? ('endpoint' as const) : ('nodes' as const), price },
        ]),
      ),
    },
  ]);
  return edgeConfig(`http://127.0.0.1:${routerPort}`, { models: Object.fromEntries(models), unmapped: [] });
}
