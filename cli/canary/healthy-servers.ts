import type { Environment } from '../../contracts/environment.ts';
import { type Release, serversOf } from '../../contracts/release.ts';
import { probe } from '../../parts/probe.ts';
import { type Prometheus, queryIfAble } from './prometheus.ts';

/** How many servers of a release answer; undefined: nobody here knows. */
export interface ServerHealth {
  readonly healthy: number | undefined;
  readonly all: number;
}

const ANSWER_MS = 1_000;

/**
 * On this host the servers themselves are asked; elsewhere Prometheus is, which can reach them. A release that
 * somebody else runs is not looked into.
 */
export async function serverHealth(
  environment: Environment,
  release: Release,
  prometheus: Prometheus | undefined,
  said: (line: string) => void,
): Promise<ServerHealth> {
  const { platform } = environment;
  const servers = serversOf(release, platform === 'process' || platform === 'docker');
  if (platform === 'process') {
    const address = environment.process?.address ?? '127.0.0.1';
    const answers = await Promise.all(
      servers.map(({ port }) => probe(`http://${address}:${port}/health`, ANSWER_MS, [])),
    );
    const healthy = answers.filter((answer) => 'status' in answer && answer.status === 200).length;
    return { healthy, all: servers.length };
  }
  const up = `sum(up{job=~"vllm.*",model="${release.model}",release="${release.name}"})`;
  const [sample] = (await queryIfAble(prometheus, up, said)) ?? [];
  return { healthy: sample?.value, all: servers.length };
}
