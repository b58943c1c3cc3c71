import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../contracts/environment.ts';
import type { Context } from '../context.ts';
import { runCdktf } from '../deploy.ts';
import { Failure } from '../errors.ts';
import { heal } from '../heal.ts';
import { hostOf } from '../host.ts';
import { awaitVersion, type Routers, type RouterVersion, versionOfDocument } from './routers.ts';

/** A change of weights that every router has applied. */
export interface DeployedWeights {
  readonly version: string;
  readonly routers: readonly RouterVersion[];
  /** `cdktf deploy` alone. */
  readonly deploySeconds: number;
  /** From the end of the deploy until every router reported the version. */
  readonly appliedSeconds: number;
}

const APPLY_SECONDS = 30;

/**
 * Deploys an environment as `fleet up` does, without its smoke test, and waits until every router reports the
 * document that was synthesized.
 * @throws Failure, Interrupted
 */
export async function deployWeights(
  environment: Environment,
  routers: Routers,
  context: Context,
): Promise<DeployedWeights> {
  const { name, platform } = environment;
  const begin = context.now();
  await runCdktf('deploy', name, context);
  const deployed = context.now();
  if (platform === 'process') await heal(hostOf(context), name);
  const version = synthesizedVersion(environment, context);
  const found = await awaitVersion(routers, version, APPLY_SECONDS, context);
  return {
    version,
    routers: found,
    deploySeconds: (deployed - begin) / 1000,
    appliedSeconds: (context.now() - deployed) / 1000,
  };
}

/** Where each platform's stack puts the router document, below its `documents`. */
const DOCUMENT_PATHS = {
  process: 'router-agent/nginx.conf',
  docker: 'router/nginx.conf',
  google: 'router/nginx.conf',
  aws: 'router/nginx.conf',
} as const;

/** The version of the router document in cdktf.out. */
export function synthesizedVersion({ name, platform }: Environment, { project }: Context): string {
  const path = join('cdktf.out/stacks', name, 'documents', DOCUMENT_PATHS[platform]);
  const version = versionOfDocument(readFileSync(join(project, path), 'utf8'));
  if (version === undefined) throw new Failure(`${path} is no router document`);
  return version;
}
