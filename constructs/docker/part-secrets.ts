import type { ContainerVolumes } from '@cdktf/provider-docker/lib/container/index.js';
import { Volume } from '@cdktf/provider-docker/lib/volume/index.js';
import { DataResource } from 'cdktf';
import { Construct } from 'constructs';
import { containerNameOf, type DockerContext, labelsOf } from './context.ts';
import type { DeliverySource } from './delivery-commands.ts';
import { SECRETS_FOLDER } from './docker-topology.ts';

/** Of the files that our own image writes into volumes. */
export const SECRETS_GROUP = '10001';

export interface PartSecretsProps {
  readonly context: DockerContext;
  /** The part's name. */
  readonly part: string;
  /** Names of secrets under `secrets`; undefined ones are left out. @default - none */
  readonly names?: readonly (string | undefined)[];
  /** Whether group `SECRETS_GROUP` may read them too: for images whose user is not ours. @default false */
  readonly forGroup?: boolean;
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

  constructor(
    scope: Construct,
    id: string,
    { context, part, names, files, forGroup = false }: PartSecretsProps,
  ) {
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
          mode: forGroup ? '0440' : '0400',
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

/** What the container of a part whose image has a user of its own needs to read its secrets. Nothing where it has none. */
export function groupSecrets(
  scope: Construct,
  context: DockerContext,
  part: string,
  names: readonly string[],
): {
  readonly after: readonly DataResource[];
  readonly mounts: readonly ContainerVolumes[];
  readonly config: { readonly groupAdd?: string[] };
} {
  if (names.length === 0) return { after: [], mounts: [], config: {} };
  const secrets = new PartSecrets(scope, 'secrets', { context, part, names, forGroup: true });
  return { after: [secrets.delivery], mounts: [secrets.mount], config: { groupAdd: [SECRETS_GROUP] } };
}
