import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member/index.js';
import { ServiceAccount } from '@cdktf/provider-google/lib/service-account/index.js';
import { Construct } from 'constructs';
import { accountId } from '../../workloads/google-names.ts';
import type { Place } from './place.ts';

export interface IdentityProps {
  readonly place: Place;
  readonly description: string;
  /** Roles in the whole project, by a short name. What can be granted on one resource is granted there. @default - none */
  readonly projectRoles?: Readonly<Record<string, string>>;
}

/** What machines of one kind may do, and what firewall rules know them by. It has no keys. */
export class Identity extends Construct {
  readonly resource: ServiceAccount;

  constructor(scope: Construct, id: string, { place, description, projectRoles = {} }: IdentityProps) {
    super(scope, id);
    this.resource = new ServiceAccount(this, 'Resource', {
      accountId: accountId(place.environment, id),
      displayName: `fleet ${place.environment}: ${id}`,
      description,
    });
    for (const [name, role] of Object.entries(projectRoles))
      new ProjectIamMember(this, name, { project: place.project, role, member: this.resource.member });
  }
}
