import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { EnvironmentError } from '../../contracts/problem.ts';

type Platform = 'google' | 'aws' | 'process';

/** What a test changes of an environment with one release of own nodes. */
export interface Sketch {
  readonly class?: 'development' | 'staging' | 'production';
  readonly nodes?: object;
  /** Instead of own nodes. */
  readonly release?: object;
  readonly section?: object;
  /** @default - vLLM pinned by digest, from a public registry */
  readonly images?: object;
  readonly gateway?: object;
}

const SECTIONS = {
  google: {
    project: 'example',
    region: 'us-central1',
    zones: ['us-central1-a'],
    nodeImage: 'projects/example/global/images/node-1',
    routerImage: 'projects/example/global/images/router-1',
  },
  aws: {
    account: '123456789012',
    region: 'us-east-1',
    zones: ['us-east-1a', 'us-east-1b'],
    nodeImage: 'ami-0123456789abcdef0',
    routerImage: 'ami-0123456789abcdef9',
  },
  process: {},
};

const DIGEST = `sha256:${'a'.repeat(64)}`;
const CERTIFICATE = `arn:aws:acm:us-east-1:123456789012:certificate/${'a'.repeat(8)}`;
const MACHINES = { google: 'a3-highgpu-8g', aws: 'p5.48xlarge', process: '8x-h100' };

/** The text of an environment file (JSON is YAML). */
export function cloudText(platform: Platform, sketch: Sketch = {}): string {
  const secret = platform === 'process' ? 'file' : platform;
  const release = sketch.release ?? {
    role: 'stable',
    nodes: { machine: MACHINES[platform], version: '0.32.0', ...sketch.nodes },
  };
  return JSON.stringify({
    class: sketch.class ?? 'development',
    platform,
    models: { 'gpt-oss-120b': { releases: { v32: { weight: 100, ...release } } } },
    images: {
      ...(platform === 'process'
        ? {}
        : {
            gateway: `gateway@${DIGEST}`,
            router: `router@${DIGEST}`,
            prometheus: `123456789012.dkr.ecr.us-east-1.amazonaws.com/prometheus@${DIGEST}`,
          }),
      ...(sketch.images ?? { vllm: { '0.32.0': `vllm@${DIGEST}` } }),
    },
    secrets: { keys: { [secret]: 'keys' }, hop: { [secret]: 'hop' } },
    gateway: { keys: 'keys', ...(platform === 'aws' ? { certificate: CERTIFICATE } : {}), ...sketch.gateway },
    router: { key: 'hop' },
    ...(sketch.class === undefined || sketch.class === 'development'
      ? {}
      : { state: { gcs: { bucket: 'state' } } }),
    [platform]: { ...SECTIONS[platform], ...sketch.section },
  });
}

/** `path: message` of everything that is wrong, paths from the release on. */
export function complaintsAbout(platform: Platform, sketch: Sketch): string[] {
  try {
    parseEnvironment({ path: 'environments/test.yaml', text: cloudText(platform, sketch) });
    return [];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return error.problems.map(
      ({ path, message }) => `${path.join('.').replace(/^models\..+\.releases\.v32\./, '')}: ${message}`,
    );
  }
}
