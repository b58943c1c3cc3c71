import { IamWorkloadIdentityPool } from '@cdktf/provider-google/lib/iam-workload-identity-pool/index.js';
import { IamWorkloadIdentityPoolProvider } from '@cdktf/provider-google/lib/iam-workload-identity-pool-provider/index.js';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { resourceName } from '../../workloads/google-names.ts';
import type { Place } from './place.ts';

export interface WorkloadPoolProps {
  readonly place: Place;
  /** Subjects of GitHub's tokens that are let in, in full. */
  readonly subjects: readonly string[];
  readonly dependsOn: ITerraformDependable[];
}

const GITHUB = 'https://token.actions.githubusercontent.com';
/** Of pools and of their providers. */
const LONGEST_ID = 32;

/** Lets workflows of GitHub Actions in that run in one of the named GitHub environments, and no others. */
export class WorkloadPool extends Construct {
  readonly resource: IamWorkloadIdentityPool;
  readonly provider: IamWorkloadIdentityPoolProvider;

  constructor(scope: Construct, id: string, { place, subjects, dependsOn }: WorkloadPoolProps) {
    super(scope, id);
    const { environment, project } = place;
    this.resource = new IamWorkloadIdentityPool(this, 'Resource', {
      project,
      workloadIdentityPoolId: resourceName(environment, ['github'], LONGEST_ID),
      displayName: `fleet ${environment}`.slice(0, LONGEST_ID),
      description: `Workflows of GitHub Actions for fleet environment ${environment}`,
      dependsOn,
    });
    this.provider = new IamWorkloadIdentityPoolProvider(this, 'provider', {
      project,
      workloadIdentityPoolId: this.resource.workloadIdentityPoolId,
      workloadIdentityPoolProviderId: 'github',
      displayName: 'GitHub Actions',
      attributeMapping: { 'google.subject': 'assertion.sub' },
      attributeCondition: subjects.map((subject) => `assertion.sub == '${subject}'`).join(' || '),
      oidc: { issuerUri: GITHUB },
    });
  }

  /** How IAM names whoever has this subject. */
  principal(subject: string): string {
    return `principal://iam.googleapis.com/${this.resource.name}/subject/${subject}`;
  }
}
