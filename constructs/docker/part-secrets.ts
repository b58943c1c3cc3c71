import type { ContainerVolumes } from '@cdktf/provider-docker/lib/container/index.js';
import { Volume } from '@cdktf/provider-docker/lib/volume/index.js';
import { DataResource } from 'cdktf';
import { Construct } from 'constructs';
import { containerNameOf, type DockerContext, labelsOf } from './context.ts';
import type { DeliverySource } from './delivery-commands.ts';
import { SECRETS_FOLDER } from './docker-topology.ts';

export interface PartSecretsProps {
  readonly context: DockerContext;
  /** The part's name. */
  readonly part: string;
  /** Names of secrets under `secrets`; undefined ones are left out. @default - none */
  readonly names?: readonly (string | undefined)[];
  /** Other files, by name. @default - none */
  readonly files?: Readonly<Record<string, DeliverySource>>;
}

/**
 * The secrets of a part, in a volume of its own that its container only reads. Values pass from their source
 * into the volume and are in no state, plan, command line, image or container configuration; on the Docker
 * host they lie on disk, readable by root. Terraform knows where they come from, not what they are: a new value
 * in an old place is delivered by replacing `delivery`.
 */
export class PartSecrets extends Construct {
  readonly mount: ContainerVolumes;
  readonly delivery: DataResource;

  constructor(scope: Construct, id: string, { context, part, names, files }: PartSecretsProps) {
    super(scope, id);
    const { environment, generated, services, commands } = context;
    const sources = { ...named(context, names ?? []), ...files };
    const volume = new Volume(this, 'Resource', {
      name: `${containerNameOf(environment, part)}-secrets`,
      labels: labelsOf(environment, part),
    });
    this.mount = { volumeName: volume.name, containerPath: SECRETS_FOLDER, readOnly: true };
    this.delivery = new DataResource(this, 'delivery', {
      triggersReplace: { sources: JSON.stringify(sources), volume: volume.id },
      provisioners: [
        commands.deliver({
          image: services.imageId,
          volume: volume.name,
          folder: SECRETS_FOLDER,
          mode: '0400',
          files: sources,
        }),
      ],
      dependsOn: [...generated.dependencies],
    });
  }
}

function named(
  { generated }: DockerContext,
  names: readonly (string | undefined)[],
): Record<string, DeliverySource> {
  const given = [...new Set(names)].filter((name) => name !== undefined);
  return Object.fromEntries(given.map((name) => [name, generated.sourceOf(name)]));
}
