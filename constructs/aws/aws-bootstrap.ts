import { IamOpenidConnectProvider } from '@cdktf/provider-aws/lib/iam-openid-connect-provider/index.js';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js';
import type { TerraformStack } from 'cdktf';
import { type BootstrapRequest, stateObject, workflowSubjects } from '../../contracts/bootstrap.ts';
import { documentsBucket } from '../../contracts/document-objects.ts';
import type { Environment } from '../../contracts/environment.ts';
import { runsRedis } from '../../contracts/redis-rules.ts';
import { MACHINE_LABELS } from '../../workloads/topology.ts';
import { configureBootstrapBackend } from '../backend.ts';
import { pinProviderVersion } from '../provider-version.ts';
import type { Toolkit } from '../toolkit.ts';
import { Place } from './place.ts';
import { PrivateBucket } from './private-bucket.ts';
import { deployRights, planRights } from './workflow-rights.ts';
import { GITHUB_ISSUER, WorkflowRole } from './workflow-role.ts';

/** What an account of AWS makes for an environment before its first deploy. */
export class AwsBootstrap {
  readonly variables: Readonly<Record<'plan' | 'deploy', Readonly<Record<string, string>>>>;

  constructor(stack: TerraformStack, environment: Environment, request: BootstrapRequest, toolkit: Toolkit) {
    const { aws, name, labels, images } = environment;
    const state = stateObject(environment);
    if (aws === undefined || state?.region === undefined)
      throw new Error(`environment ${name} has no section aws, or no state on s3`);
    configureBootstrapBackend(stack, environment, toolkit, request.state);
    new AwsProvider(stack, 'aws', {
      region: state.region,
      allowedAccountIds: [aws.account],
      defaultTags: [{ tags: { ...labels, [MACHINE_LABELS.environment]: name } }],
    });
    pinProviderVersion(stack, environment, 'aws');
    if (request.bucket) {
      const place = new Place({ account: aws.account, region: state.region });
      new PrivateBucket(stack, 'state', { name: state.bucket, place, held: true });
    }
    if (request.provider)
      new IamOpenidConnectProvider(stack, 'github', {
        url: `https://${GITHUB_ISSUER}`,
        clientIdList: ['sts.amazonaws.com'],
      });
    const place = new Place(aws);
    const rights = {
      ...{ environment: name, place, state },
      documents: documentsBucket(name, { ...aws, platform: 'aws' }),
      weights: aws.weights.bucket,
      images: [images.gateway, images.router].filter((image) => image !== undefined),
      redis: runsRedis(environment),
    };
    const subjects = workflowSubjects(request.repository, name);
    const shared = { environment: name, place };
    const plan = new WorkflowRole(stack, 'plan', {
      ...shared,
      subject: subjects.plan,
      policies: planRights(rights),
    });
    const deploy = new WorkflowRole(stack, 'deploy', {
      ...shared,
      subject: subjects.deploy,
      policies: deployRights(rights),
    });
    const variables = ({ arn }: WorkflowRole) => ({ FLEET_AWS_ROLE: arn, FLEET_AWS_REGION: aws.region });
    this.variables = { plan: variables(plan), deploy: variables(deploy) };
  }
}
