import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import { Construct } from 'constructs';
import { boundedName } from '../../workloads/bounded-name.ts';
import type { Place } from './place.ts';
import { policyDocument, type Statement } from './policy.ts';

/** Issuer of the tokens that workflows of GitHub Actions sign in with. */
export const GITHUB_ISSUER = 'token.actions.githubusercontent.com';

/** Environments may change what lies in their own names, and nothing in this path. */
const PATH = '/fleet-bootstrap/';
const LONGEST_NAME = 64;

export interface WorkflowRoleProps {
  readonly environment: string;
  readonly place: Place;
  /** The subject of GitHub's token, in full. */
  readonly subject: string;
  /** Statements by the name of the policy that they are in. */
  readonly policies: Readonly<Record<string, readonly Statement[]>>;
}

/** What a workflow of one GitHub environment may do. It has no keys: GitHub vouches for who runs. */
export class WorkflowRole extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: WorkflowRoleProps) {
    super(scope, id);
    const { environment, place, subject, policies } = props;
    const name = boundedName([environment, id], LONGEST_NAME);
    this.arn = place.iamArn(`role${PATH}${name}`);
    const role = new IamRole(this, 'Resource', {
      name,
      path: PATH,
      description: `Workflows of fleet environment ${environment}: ${id}`,
      maxSessionDuration: 21_600,
      assumeRolePolicy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'GithubActions',
            Effect: 'Allow',
            Principal: { Federated: place.iamArn(`oidc-provider/${GITHUB_ISSUER}`) },
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition: {
              StringEquals: {
                [`${GITHUB_ISSUER}:aud`]: 'sts.amazonaws.com',
                [`${GITHUB_ISSUER}:sub`]: subject,
              },
            },
          },
        ],
      }),
    });
    for (const [policy, statements] of Object.entries(policies))
      new IamRolePolicy(this, policy, { role: role.id, name: policy, policy: policyDocument(statements) });
  }
}
