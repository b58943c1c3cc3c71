import { ArtifactRegistryRepositoryIamMember } from '@cdktf/provider-google/lib/artifact-registry-repository-iam-member/index.js';
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member/index.js';
import { Construct } from 'constructs';
import { ENGINE_FOLDER, lacksEngine } from '../../contracts/engine-packages.ts';
import type { Environment } from '../../contracts/environment.ts';
import { repositoriesOf } from './artifact-registry.ts';
import type { Identity } from './identity.ts';

export interface RouterGrantsProps {
  readonly environment: Environment;
  readonly identity: Identity;
  readonly machineImage: string;
}

/**
 * What router machines may do: pull their images and the container engine's packages. What their programs read, they read as
 * these (`RouterParts`).
 */
export class RouterGrants extends Construct {
  constructor(scope: Construct, id: string, props: RouterGrantsProps) {
    super(scope, id);
    const { environment, machineImage, identity } = props;
    const { member } = identity.resource;
    const { images } = environment;
    const { bucket } = environment.google?.weights ?? {};
    if (bucket !== undefined && lacksEngine(machineImage)) {
      new StorageBucketIamMember(this, 'engine', {
        bucket,
        role: 'roles/storage.objectViewer',
        member,
        condition: {
          title: 'packages of the container engine',
          expression: `resource.name.startsWith("projects/_/buckets/${bucket}/objects/${ENGINE_FOLDER}/")`,
        },
      });
    }
    for (const repository of repositoriesOf([images.router, images.gateway, images.nodeExporter])) {
      const name = ['pull', repository.project, repository.location, repository.repository].join('-');
      new ArtifactRegistryRepositoryIamMember(this, name, {
        ...repository,
        role: 'roles/artifactregistry.reader',
        member,
      });
    }
  }
}
