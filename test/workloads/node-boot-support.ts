import { join } from 'node:path';
import type { Environment } from '../../contracts/environment.ts';
import { type Release, releasesOf } from '../../contracts/release.ts';
import { readTemplates } from '../../templates/read.ts';
import { ROOT } from '../support/local-project.ts';
import { shippedEnvironment } from '../support/synth.ts';

export const templates = readTemplates(join(ROOT, 'templates'));

/** A node as an operator would have it: a shipped cloud environment, one release of it changed. */
export interface NodeCase {
  readonly environment: Environment;
  readonly release: Release;
}

const SHIPPED = { aws: 'staging', google: 'prod' } as const;
const MACHINE = { aws: 'p5.48xlarge', google: 'a3-highgpu-8g' } as const;

export type Cloud = keyof typeof SHIPPED;
export const CLOUDS: readonly Cloud[] = ['aws', 'google'];

/** A release of gpt-oss-120b on eight H100. @param settings YAML after the machine: `preset: latency` */
export function eightGpus(cloud: Cloud, settings: string): NodeCase {
  return node(cloud, 'gpt-oss-120b', (text) =>
    text.replace(
      new RegExp(`machine: ${MACHINE[cloud]}(, (preset: balanced|count: 2))?, version: 0\\.32\\.0 `),
      `machine: ${MACHINE[cloud]}, version: 0.32.0, ${settings} `,
    ),
  );
}

/** gpt-oss-20b on one GPU, with weights from the hub and a way to it. */
export function oneGpu(cloud: Cloud, port = 8000): NodeCase {
  return node(cloud, 'gpt-oss-20b', (text) =>
    text
      .replace('tensorParallel: 1, version', `tensorParallel: 1, port: ${port}, drain: 5, version`)
      .replace('network: { nodesReachInternet: false }', 'network: { nodesReachInternet: true }')
      .replace('weights: { bucket: example-fleet-weights }', 'weights: { hubToken: hub-token }')
      .replace('  hop-key:', `  hub-token: { ${cloud}: fleet-hub-token }\n  hop-key:`),
  );
}

function node(cloud: Cloud, model: string, change: (text: string) => string): NodeCase {
  const environment = shippedEnvironment(SHIPPED[cloud], (text) =>
    change(text.replaceAll(', drain: 80', '')),
  );
  const release = releasesOf(environment).find((one) => one.model === model);
  if (release === undefined) throw new Error(`${environment.name} has no release of ${model}`);
  return { environment, release };
}
