import {
  Container,
  type ContainerConfig,
  type ContainerHealthcheck,
} from '@cdktf/provider-docker/lib/container/index.js';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { sha256 } from '../../workloads/document.ts';
import { containerNameOf, type DockerContext, labelsOf } from './context.ts';

export interface PartContainerProps {
  readonly context: DockerContext;
  /** The part's name: its name in the network, and on the host behind the environment's. */
  readonly part: string;
  /** Its first port; its address follows from it. */
  readonly port: number;
  /** Seconds from SIGTERM to SIGKILL. */
  readonly stopSeconds: number;
  /** What Docker asks every few seconds, and how long the part may take to start. */
  readonly health: Health;
  /** What differs from part to part, in the provider's terms. */
  readonly config: Pick<ContainerConfig, 'image' | 'entrypoint' | 'command'> & Partial<ContainerConfig>;
  /** Other names in the network. @default - none */
  readonly aliases?: readonly string[];
  /** What must be delivered before it starts. @default - nothing */
  readonly after?: readonly ITerraformDependable[];
}

export interface Health {
  /** Program and arguments; healthy if it exits with 0. */
  readonly command: readonly string[];
  readonly startSeconds: number;
}

const LOG_OPTIONS = { 'max-size': '50m', 'max-file': '5' };
const HEALTH_INTERVAL_SECONDS = 5;
const HEALTH_TIMEOUT_SECONDS = 5;
const HEALTH_RETRIES = 3;

/**
 * One container: without privileges, on the environment's network only, started again unless somebody stopped
 * it. The deploy goes on when it is healthy.
 *
 * Two things about the provider (3.6): it stops a container within `destroy_grace_seconds` (without it, at once)
 * and Docker itself within `stop_timeout`, so both say the same here; and it shows a changed health check as an
 * update that it never carries out, so a label turns the change into a replacement.
 */
export class PartContainer extends Construct {
  readonly resource: Container;

  constructor(scope: Construct, id: string, props: PartContainerProps) {
    super(scope, id);
    const { context, part, port, stopSeconds, health, config, aliases, after } = props;
    const { environment, network, topology } = context;
    const healthcheck = healthcheckOf(health);
    this.resource = new Container(this, 'Resource', {
      name: containerNameOf(environment, part),
      networksAdvanced: [
        {
          name: network.name,
          aliases: [part, ...(aliases ?? [])],
          ipv4Address: topology.addressOf(port),
        },
      ],
      readOnly: true,
      capabilities: { drop: ['ALL'] },
      securityOpts: ['no-new-privileges'],
      init: true,
      restart: 'unless-stopped',
      stopSignal: 'SIGTERM',
      stopTimeout: stopSeconds,
      destroyGraceSeconds: stopSeconds,
      healthcheck,
      wait: true,
      waitTimeout: health.startSeconds + HEALTH_RETRIES * (HEALTH_INTERVAL_SECONDS + HEALTH_TIMEOUT_SECONDS),
      logDriver: 'json-file',
      logOpts: LOG_OPTIONS,
      labels: [
        ...labelsOf(environment, part),
        { label: 'fleet.health', value: sha256(JSON.stringify(healthcheck)).slice(0, 12) },
      ],
      dependsOn: [...(after ?? [])],
      ...config,
    });
  }
}

function healthcheckOf({ command, startSeconds }: Health): ContainerHealthcheck {
  return {
    test: ['CMD', ...command],
    interval: duration(HEALTH_INTERVAL_SECONDS),
    timeout: duration(HEALTH_TIMEOUT_SECONDS),
    startPeriod: duration(startSeconds),
    retries: HEALTH_RETRIES,
  };
}

/** As Go writes it: the provider compares with what it reads back, and 90s comes back as 1m30s. */
function duration(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}
