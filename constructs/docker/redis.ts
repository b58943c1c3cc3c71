import { Image } from '@cdktf/provider-docker/lib/image/index.js';
import { Volume } from '@cdktf/provider-docker/lib/volume/index.js';
import { Construct } from 'constructs';
import { containerNameOf, type DockerContext, labelsOf } from './context.ts';
import { PartContainer } from './part-container.ts';

export interface DockerRedisProps {
  readonly context: DockerContext;
}

/** Valkey: Redis under its former, free licence. */
const IMAGE = 'valkey/valkey:8.1.4';
const START_SECONDS = 20;
const STOP_SECONDS = 10;
const PART = 'redis';
const DATA_FOLDER = '/data';

/** What gateways share, with its data in a volume. Only parts of the environment reach it. */
export class Redis extends Construct {
  constructor(scope: Construct, id: string, { context }: DockerRedisProps) {
    super(scope, id);
    const { environment } = context;
    if (environment.gateway.redis === undefined) throw new Error('no Redis is asked for');
    const { port } = environment.gateway.redis;
    const image = new Image(this, 'image', { name: IMAGE, keepLocally: true });
    const data = new Volume(this, 'data', {
      name: `${containerNameOf(environment, PART)}-data`,
      labels: labelsOf(environment, PART),
    });
    new PartContainer(this, 'Resource', {
      context,
      part: PART,
      port,
      stopSeconds: STOP_SECONDS,
      health: { command: ['valkey-cli', '-p', String(port), 'ping'], startSeconds: START_SECONDS },
      config: {
        image: image.imageId,
        user: 'valkey',
        entrypoint: ['valkey-server'],
        command: [
          ...['--port', String(port), '--dir', DATA_FOLDER],
          ...['--appendonly', 'yes', '--save', '', '--protected-mode', 'no'],
        ],
        volumes: [{ volumeName: data.name, containerPath: DATA_FOLDER }],
      },
    });
  }
}
