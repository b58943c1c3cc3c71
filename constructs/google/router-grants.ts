import { ArtifactRegistryRepositoryIamMember } from '@cdktf/provider-google/lib/artifact-registry-repository-iam-member/index.js';
import { ProjectIamCustomRole } from '@cdktf/provider-google/lib/project-iam-custom-role/index.js';
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member/index.js';
import { SecretManagerSecretIamMember } from '@cdktf/provider-google/lib/secret-manager-secret-iam-member/index.js';
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member/index.js';
import { Construct } from 'constructs';
import { ENGINE_FOLDER, lacksEngine } from '../../contracts/engine-packages.ts';
import type { Environment } from '../../contracts/environment.ts';
import { vertexProjects } from '../../contracts/vertex.ts';
import { egressSecrets } from '../../workloads/gateway.ts';
import { repositoriesOf } from './artifact-registry.ts';
import { customRoleId } from './custom-role-id.ts';
import type { DocumentBucket } from './document-bucket.ts';
import type { Identity } from './identity.ts';
import type { Place } from './place.ts';
import { secretId } from './secret-id.ts';

export interface RouterGrantsProps {
  readonly environment: Environment;
  readonly place: Place;
  readonly identity: Identity;
  readonly documents: DocumentBucket;
  readonly machineImage: string;
}

/** What the custom role of routers is called. */
export const ROUTER_ROLE = 'router';
/** And the one that lets the egress beside them ask models on Vertex AI. */
export const VERTEX_ROLE = 'vertex';

/**
 * What routers may read: documents, secrets, images, the container engine's packages, and which machines there are. Their
 * egress may ask models on Vertex AI where an endpoint is there; in another project than the environment's, its owner grants it.
 */
export class RouterGrants extends Construct {
  constructor(scope: Construct, id: string, props: RouterGrantsProps) {
    super(scope, id);
    const { environment, machineImage, place, identity, documents } = props;
    const { member } = identity.resource;
    const { images } = environment;
    const { project } = place;
    new StorageBucketIamMember(this, 'documents', {
      bucket: documents.resource.name,
      role: 'roles/storage.objectViewer',
      member,
      condition: {
        title: 'documents of routers',
        expression: ['router', 'egress']
          .map((part) => `resource.name.startsWith("${documents.objectName(part)}/")`)
          .join(' || '),
      },
    });
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
    for (const secret of egressSecrets(environment)) {
      new SecretManagerSecretIamMember(this, `read-${secret}`, {
        project,
        secretId: secretId(environment, secret),
        role: 'roles/secretmanager.secretAccessor',
        member,
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
    const finder = new ProjectIamCustomRole(this, 'finds-machines', {
      project,
      roleId: customRoleId(place, ROUTER_ROLE),
      title: `fleet ${place.environment}: routers find machines`,
      permissions: ['compute.instances.list'],
    });
    new ProjectIamMember(this, 'machines', { project, role: finder.name, member });
    if (!vertexProjects(environment).includes(project)) return;
    const caller = new ProjectIamCustomRole(this, 'asks-vertex', {
      project,
      roleId: customRoleId(place, VERTEX_ROLE),
      title: `fleet ${place.environment}: the egress asks models on Vertex AI`,
      permissions: ['aiplatform.endpoints.predict'],
    });
    new ProjectIamMember(this, 'vertex', { project, role: caller.name, member });
  }
}
