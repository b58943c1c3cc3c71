import { ProjectIamCustomRole } from '@cdktf/provider-google/lib/project-iam-custom-role/index.js';
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member/index.js';
import { ServiceAccount } from '@cdktf/provider-google/lib/service-account/index.js';
import { ServiceAccountIamMember } from '@cdktf/provider-google/lib/service-account-iam-member/index.js';
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member/index.js';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { StateObject } from '../../contracts/bootstrap.ts';
import { resourceName } from '../../workloads/google-names.ts';
import { customRoleId } from './custom-role-id.ts';
import type { Place } from './place.ts';
import type { Grant, WorkflowRights } from './workflow-rights.ts';
import type { WorkloadPool } from './workload-pool.ts';

export interface WorkflowIdentityProps {
  readonly place: Place;
  readonly pool: WorkloadPool;
  /** The subject of GitHub's token, in full. */
  readonly subject: string;
  readonly rights: WorkflowRights;
  readonly state: StateObject;
  /** @default - somebody else made the bucket */
  readonly bucket?: ITerraformDependable;
}

/** Of service accounts. */
const LONGEST_ACCOUNT_ID = 30;

/** What a workflow of one GitHub environment may do. It has no keys: GitHub vouches for who runs. */
export class WorkflowIdentity extends Construct {
  readonly resource: ServiceAccount;

  constructor(scope: Construct, id: string, props: WorkflowIdentityProps) {
    super(scope, id);
    const { place, pool, subject, rights, state, bucket } = props;
    const { project, environment } = place;
    this.resource = new ServiceAccount(this, 'Resource', {
      accountId: resourceName(environment, [`workflow-${id}`], LONGEST_ACCOUNT_ID),
      displayName: `fleet ${environment}: workflows, ${id}`,
      description: `Workflows of GitHub Actions that ${id} fleet environment ${environment}`,
    });
    const { member } = this.resource;
    new ServiceAccountIamMember(this, 'github', {
      serviceAccountId: this.resource.name,
      role: 'roles/iam.workloadIdentityUser',
      member: pool.principal(subject),
    });
    const own = new ProjectIamCustomRole(this, 'own', {
      project,
      roleId: customRoleId(place, `workflow_${id}`),
      title: `fleet ${environment}: workflows, ${id}`,
      permissions: [...rights.permissions],
    });
    new ProjectIamMember(this, 'own-grant', { project, role: own.name, member });
    for (const [name, grant] of Object.entries(rights.roles))
      new ProjectIamMember(this, name, { project, member, ...granted(grant) });
    const object = `projects/_/buckets/${state.bucket}`;
    new StorageBucketIamMember(this, 'state', {
      bucket: state.bucket,
      role: rights.state,
      member,
      condition: {
        title: 'its state',
        expression: `resource.name == "${object}" || resource.name.startsWith("${object}/objects/${state.key}/")`,
      },
      ...(bucket === undefined ? {} : { dependsOn: [bucket] }),
    });
  }
}

function granted({ role, title = role, condition }: Grant) {
  return condition === undefined ? { role } : { role, condition: { title, expression: condition } };
}
