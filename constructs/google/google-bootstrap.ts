import { ProjectService } from '@cdktf/provider-google/lib/project-service/index.js';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider/index.js';
import type { TerraformStack } from 'cdktf';
import { type BootstrapRequest, stateObject, workflowSubjects } from '../../contracts/bootstrap.ts';
import { documentsBucket } from '../../contracts/document-objects.ts';
import type { Environment } from '../../contracts/environment.ts';
import { machineLabel } from '../../contracts/machine-label.ts';
import { runsRedis } from '../../contracts/redis-rules.ts';
import { vertexProjects } from '../../contracts/vertex.ts';
import { MACHINE_LABELS } from '../../workloads/topology.ts';
import { configureBootstrapBackend } from '../backend.ts';
import { pinProviderVersion } from '../provider-version.ts';
import type { Toolkit } from '../toolkit.ts';
import { MACHINE_ROLES } from './access.ts';
import { customRoleId } from './custom-role-id.ts';
import { MONITORING_ROLE } from './monitoring-grants.ts';
import { PrivateBucket } from './private-bucket.ts';
import { REDIS_ROLE } from './redis.ts';
import { ROUTER_ROLE, VERTEX_ROLE } from './router-parts.ts';
import { WorkflowIdentity } from './workflow-identity.ts';
import { deployRights, planRights } from './workflow-rights.ts';
import { WorkloadPool } from './workload-pool.ts';

/** What workflows sign in through. */
const SERVICES = ['cloudresourcemanager', 'iam', 'iamcredentials', 'sts'];

/** What a project of Google Cloud makes for an environment before its first deploy. */
export class GoogleBootstrap {
  readonly variables: Readonly<Record<'plan' | 'deploy', Readonly<Record<string, string>>>>;

  constructor(stack: TerraformStack, environment: Environment, request: BootstrapRequest, toolkit: Toolkit) {
    const { google, name, labels } = environment;
    const state = stateObject(environment);
    if (google === undefined || state === undefined || state.region !== undefined)
      throw new Error(`environment ${name} has no section google, or no state on gcs`);
    configureBootstrapBackend(stack, environment, toolkit, request.state);
    new GoogleProvider(stack, 'google', {
      project: google.project,
      region: google.region,
      defaultLabels: { ...labels, [MACHINE_LABELS.environment]: machineLabel(name) },
    });
    pinProviderVersion(stack, environment, 'google');
    const services = SERVICES.map(
      (service) =>
        new ProjectService(stack, service, {
          project: google.project,
          service: `${service}.googleapis.com`,
          disableOnDestroy: false,
        }),
    );
    const bucket = request.bucket
      ? new PrivateBucket(stack, 'state', { name: state.bucket, location: google.region, held: true })
      : undefined;
    const place = { environment: name, ...google };
    const subjects = workflowSubjects(request.repository, name);
    const pool = new WorkloadPool(stack, 'github', {
      place,
      subjects: Object.values(subjects),
      dependsOn: services,
    });
    const redis = runsRedis(environment);
    const rights = {
      project: google.project,
      buckets: [documentsBucket(name, { ...google, platform: 'google' }), google.weights.bucket].filter(
        (one) => one !== undefined,
      ),
      granted: [
        ...MACHINE_ROLES,
        ...[
          ...[MONITORING_ROLE, ROUTER_ROLE],
          ...(vertexProjects(environment).includes(google.project) ? [VERTEX_ROLE] : []),
        ].map((part) => `projects/${google.project}/roles/${customRoleId(place, part)}`),
        ...(redis ? [REDIS_ROLE] : []),
      ],
      redis,
      reviewer: environment.reviewer !== undefined,
    };
    const shared = { place, pool, state, bucket: bucket?.resource };
    const plan = new WorkflowIdentity(stack, 'plan', {
      ...shared,
      subject: subjects.plan,
      rights: planRights(rights),
    });
    const deploy = new WorkflowIdentity(stack, 'deploy', {
      ...shared,
      subject: subjects.deploy,
      rights: deployRights(rights),
    });
    const variables = ({ resource }: WorkflowIdentity) => ({
      FLEET_GOOGLE_PROVIDER: pool.provider.name,
      FLEET_GOOGLE_ACCOUNT: resource.email,
    });
    this.variables = { plan: variables(plan), deploy: variables(deploy) };
  }
}
