import { ProjectIamCustomRole } from '@cdktf/provider-google/lib/project-iam-custom-role/index.js';
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member/index.js';
import { SecretManagerSecretIamMember } from '@cdktf/provider-google/lib/secret-manager-secret-iam-member/index.js';
import { ServiceAccountIamMember } from '@cdktf/provider-google/lib/service-account-iam-member/index.js';
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member/index.js';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { vertexProjects } from '../../contracts/vertex.ts';
import { egressSecrets, needsEgress } from '../../workloads/gateway.ts';
import { identityEmail } from '../../workloads/google-names.ts';
import { customRoleId } from './custom-role-id.ts';
import type { DocumentBucket } from './document-bucket.ts';
import { Identity } from './identity.ts';
import type { Place } from './place.ts';
import { secretId } from './secret-id.ts';

export interface RouterPartsProps {
  readonly environment: Environment;
  readonly place: Place;
  /** Of the machines, which act as their programs. */
  readonly machine: Identity;
  readonly documents: DocumentBucket;
}

/** Custom roles: seeing machines, asking models on Vertex AI, acting as a program. */
export const ROUTER_ROLE = 'router';
export const VERTEX_ROLE = 'vertex';
const ACTING_ROLE = 'acting';

/**
 * Who the programs on router machines are. The agent reads its documents and the hop key, and sees which machines there
 * are; the egress reads its document and its secrets, and may ask models on Vertex AI where an endpoint is there (in another
 * project than the environment's, its owner grants it). Neither may do what the other may.
 */
export class RouterParts extends Construct {
  readonly #props: RouterPartsProps;

  constructor(scope: Construct, id: string, props: RouterPartsProps) {
    super(scope, id);
    this.#props = props;
    const { environment, place } = props;
    const { project } = place;
    const acting = new ProjectIamCustomRole(this, 'acts', {
      project,
      roleId: customRoleId(place, ACTING_ROLE),
      title: `fleet ${place.environment}: router machines act as their programs`,
      permissions: ['iam.serviceAccounts.getAccessToken'],
    });

    const agent = this.#identity('router-agent', 'Agents of routers', acting);
    this.#mayReadDocuments('router', agent);
    this.#mayReadSecrets([environment.router.key], agent);
    this.#mayInProject('finds-machines', agent, {
      role: ROUTER_ROLE,
      title: 'routers find machines',
      permission: 'compute.instances.list',
    });
    if (!needsEgress(environment)) return;
    const egress = this.#identity('egress', 'Egress to public endpoints, beside the routers', acting);
    this.#mayReadDocuments('egress', egress);
    this.#mayReadSecrets(egressSecrets(environment), egress);
    if (!vertexProjects(environment).includes(project)) return;
    this.#mayInProject('asks-vertex', egress, {
      role: VERTEX_ROLE,
      title: 'the egress asks models on Vertex AI',
      permission: 'aiplatform.endpoints.predict',
    });
  }

  /** An identity that the machines alone act as: for its tokens, not for its signature. */
  #identity(id: string, description: string, acting: ProjectIamCustomRole): Identity {
    const { place, machine } = this.#props;
    const identity = new Identity(this, id, { place, description });
    new ServiceAccountIamMember(identity, 'machine', {
      serviceAccountId: `projects/${place.project}/serviceAccounts/${identityEmail(place.environment, place.project, id)}`,
      role: acting.name,
      member: machine.resource.member,
      dependsOn: [identity.resource],
    });
    return identity;
  }

  #mayReadDocuments(part: 'router' | 'egress', identity: Identity): void {
    const { documents } = this.#props;
    new StorageBucketIamMember(identity, 'documents', {
      bucket: documents.resource.name,
      role: 'roles/storage.objectViewer',
      member: identity.resource.member,
      condition: {
        title: `documents of ${part}`,
        expression: `resource.name.startsWith("${documents.objectName(part)}/")`,
      },
    });
  }

  #mayReadSecrets(names: readonly string[], identity: Identity): void {
    const { environment, place } = this.#props;
    for (const name of names) {
      new SecretManagerSecretIamMember(identity, `read-${name}`, {
        project: place.project,
        secretId: secretId(environment, name),
        role: 'roles/secretmanager.secretAccessor',
        member: identity.resource.member,
      });
    }
  }

  #mayInProject(
    id: string,
    identity: Identity,
    {
      role,
      title,
      permission,
    }: { readonly role: string; readonly title: string; readonly permission: string },
  ): void {
    const { place } = this.#props;
    const { name } = new ProjectIamCustomRole(identity, id, {
      project: place.project,
      roleId: customRoleId(place, role),
      title: `fleet ${place.environment}: ${title}`,
      permissions: [permission],
    });
    new ProjectIamMember(identity, `${id}-granted`, {
      project: place.project,
      role: name,
      member: identity.resource.member,
    });
  }
}
