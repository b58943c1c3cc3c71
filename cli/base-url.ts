import type { Environment } from '../contracts/environment.ts';

/** Base URL of an environment's gateway; undefined where its address is known only to the cloud. */
export function baseUrlOf(environment: Environment): string | undefined {
  const { platform } = environment;
  if (platform !== 'process' && platform !== 'docker') return undefined;
  const address = environment[platform]?.address ?? '127.0.0.1';
  return `http://${address === '0.0.0.0' ? '127.0.0.1' : address}:${environment.gateway.port}/v1`;
}
