import type { Environment } from '../../contracts/environment.ts';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { EnvironmentError } from '../../contracts/problem.ts';

/** What a test changes of an environment with one release of own nodes. */
export interface NodesSketch {
  readonly platform?: 'process' | 'docker' | 'google' | 'aws';
  readonly model?: string;
  readonly nodes?: object;
  readonly machines?: object;
  readonly definition?: object;
}

const ECR_PROMETHEUS = '123456789012.dkr.ecr.us-east-1.amazonaws.com/prometheus:3';

const SECTIONS = {
  google: {
    images: { gateway: 'gateway:1', router: 'router:1', prometheus: ECR_PROMETHEUS },
    google: { project: 'example', region: 'us-central1', zones: ['us-central1-a'], routerImage: 'router' },
  },
  aws: {
    images: { gateway: 'gateway:1', router: 'router:1', prometheus: ECR_PROMETHEUS },
    aws: {
      account: '123456789012',
      region: 'us-east-1',
      zones: ['us-east-1a', 'us-east-1b'],
      nodeImage: 'ami-0123456789abcdef0',
    },
  },
  process: {},
  docker: {},
} as const;

const CERTIFICATE = 'arn:aws:acm:us-east-1:123456789012:certificate/a';

const SECRETS = {
  google: (name: string) => ({ google: name }),
  aws: (name: string) => ({ aws: name }),
  process: (name: string) => ({ file: name }),
  docker: (name: string) => ({ file: name }),
} as const;

/** @throws EnvironmentError as for a file */
export function environmentWith(sketch: NodesSketch): Environment {
  const { platform = 'process', model = 'gpt-oss-120b', nodes, machines, definition } = sketch;
  return parseEnvironment({
    path: 'environments/test.yaml',
    text: JSON.stringify({
      class: 'development',
      platform,
      ...(machines === undefined ? {} : { machines }),
      models: {
        [model]: {
          ...(definition === undefined ? {} : { definition }),
          releases: {
            v32: { role: 'stable', weight: 100, nodes: { machine: '8x-h100', version: '0.32.0', ...nodes } },
          },
        },
      },
      secrets: { keys: SECRETS[platform]('keys'), hop: SECRETS[platform]('hop') },
      gateway: { keys: 'keys', ...(platform === 'aws' ? { certificate: CERTIFICATE } : {}) },
      router: { key: 'hop' },
      ...SECTIONS[platform],
    }),
  });
}

/** `path: message` of everything that is wrong, paths from the release on. */
export function problemsWith(sketch: NodesSketch): string[] {
  try {
    environmentWith(sketch);
    return [];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return error.problems.map(
      ({ path, message }) => `${path.join('.').replace(/^models\..+\.releases\.v32\./, '')}: ${message}`,
    );
  }
}
