import type { Environment } from '../../contracts/environment.ts';

export type DockerSettings = NonNullable<Environment['docker']>;

const DEFAULTS: DockerSettings = {
  engine: 'vllm',
  host: 'unix:///var/run/docker.sock',
  address: '127.0.0.1',
  simulator: {},
};

/** The section `docker`, or what the schema fills into an empty one. */
export function dockerSettings({ docker }: Environment): DockerSettings {
  return docker ?? DEFAULTS;
}
