import { Construct } from 'constructs';
import type { ProcessContext } from './context.ts';
import { ProcessPart } from './process-part.ts';

export interface RedisProps {
  readonly context: ProcessContext;
}

/** Redis with its data in the part's own folder, written every second. Without a password it answers to loopback alone. */
export class Redis extends Construct {
  constructor(scope: Construct, id: string, { context }: RedisProps) {
    super(scope, id);
    const { gateway } = context.environment;
    const address = context.topology.listen.redis;
    if (gateway.redis === undefined || address === undefined) throw new Error('no Redis is asked for');
    const { port } = gateway.redis;
    new ProcessPart(this, 'Resource', {
      context,
      name: 'redis',
      part: {
        command: [
          ...['redis-server', '--bind', '127.0.0.1', '--port', String(port), '--dir', '{part}'],
          ...['--appendonly', 'yes', '--save', '', '--daemonize', 'no'],
        ],
        listens: [{ address: '127.0.0.1', port, key: 'gateway.redis.port' }],
        address: `redis://${address}`,
      },
    });
  }
}
