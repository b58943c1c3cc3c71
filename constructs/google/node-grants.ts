import { ArtifactRegistryRepositoryIamMember } from '@cdktf/provider-google/lib/artifact-registry-repository-iam-member/index.js';
import { SecretManagerSecretIamMember } from '@cdktf/provider-google/lib/secret-manager-secret-iam-member/index.js';
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member/index.js';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { repositoriesOf } from './artifact-registry.ts';
import type { Identity } from './identity.ts';
import { secretId } from './secret-id.ts';

export interface NodeGrantsProps {
  readonly environment: Environment;
  readonly identity: Identity;
}

/**
 * What nodes may read, each grant on the one resource: the bucket of weights, or the hub's token where there is no
 * bucket; the repositories of their images. Documents are not among it: a node's configuration is its user data.
 */
export class NodeGrants extends Construct {
  readonly #member: string;
  readonly #project: string;

  constructor(scope: Construct, id: string, { environment, identity }: NodeGrantsProps) {
    super(scope, id);
    const { google, images } = environment;
    if (google === undefined) throw new Error(`environment ${environment.name} has no section google`);
    this.#member = identity.resource.member;
    this.#project = google.project;
    const { bucket, hubToken } = google.weights;
    if (bucket !== undefined) {
      new StorageBucketIamMember(this, 'weights', {
        bucket,
        role: 'roles/storage.objectViewer',
        member: this.#member,
      });
    } else if (hubToken !== undefined) {
      new SecretManagerSecretIamMember(this, 'hub-token', {
        project: this.#project,
        secretId: secretId(environment, hubToken),
        role: 'roles/secretmanager.secretAccessor',
        member: this.#member,
      });
    }
    for (const image of [images.dcgmExporter, images.nodeExporter]) this.pull(image);
  }

  /** Lets nodes pull from an image's repository, if it is one of Artifact Registry. */
  pull(image: string | undefined): void {
    const [found] = repositoriesOf([image]);
    if (found === undefined) return;
    const id = ['pull', found.project, found.location, found.repository].join('-');
    if (this.node.tryFindChild(id) !== undefined) return;
    new ArtifactRegistryRepositoryIamMember(this, id, {
      ...found,
      role: 'roles/artifactregistry.reader',
      member: this.#member,
    });
  }
}
