import type { Network } from '@cdktf/provider-docker/lib/network/index.js';
import { containerName } from '../../contracts/docker-names.ts';
import type { Environment } from '../../contracts/environment.ts';
import type { DeliveryCommands } from './delivery-commands.ts';
import type { DockerSettings } from './docker-settings.ts';
import type { DockerTopology } from './docker-topology.ts';
import type { GeneratedSecrets } from './generated-secrets.ts';
import type { ServiceImage } from './service-image.ts';

/** What every part of one Docker environment shares. */
export interface DockerContext {
  readonly environment: Environment;
  readonly settings: DockerSettings;
  readonly topology: DockerTopology;
  readonly network: Network;
  /** Gateway, egress and simulator; also what writes files into volumes. */
  readonly services: ServiceImage;
  readonly generated: GeneratedSecrets;
  readonly commands: DeliveryCommands;
}

/** Labels of all that belongs to a part. They never change, because another label would replace a volume. */
export function labelsOf({ name }: Environment, part: string): { label: string; value: string }[] {
  return [
    { label: 'fleet.environment', value: name },
    { label: 'fleet.part', value: part },
  ];
}

/** What a part's container is called on the host. */
export function containerNameOf({ name }: Environment, part: string): string {
  return containerName(name, part);
}
