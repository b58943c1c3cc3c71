import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member/index.js';
import { ServiceAccount } from '@cdktf/provider-google/lib/service-account/index.js';
import { Construct } from 'constructs';
import { resourceName } from '../../workloads/google-names.ts';
import type { Place } from './place.ts';

export interface IdentityProps {
  readonly place: Place;
  readonly description: string;
  /** Roles in the whole project, by a short name. What can be granted on one resource is granted there. @default - none */
  readonly projectRoles?: Readonly<Record<string, string>>;
}

/** Of service accounts. */
const LONGEST_ACCOUNT_ID = 30;

/** How Google will call the identity of that name. */
export function identityEmail({ environment, project }: Place, name: string): string {
  return `${resourceName(environment, [name], LONGEST_ACCOUNT_ID)}@${project}.iam.gserviceaccount.com`;
}

/** What machines of one kind may do, and what firewall rules know them by. It has no keys. */
export class Identity extends Construct {
  readonly resource: ServiceAccount;

  constructor(scope: Construct, id: string, { place, description, projectRoles = {} }: IdentityProps) {
    super(scope, id);
    this.resource = new ServiceAccount(this, 'Resource', {
      accountId: resourceName(place.environment, [id], LONGEST_ACCOUNT_ID),
      displayName: `fleet ${place.environment}: ${id}`,
      description,
    });
    for (const [name, role] of Object.entries(projectRoles))
      new ProjectIamMember(this, name, { project: place.project, role, member: this.resource.member });
  }
}
