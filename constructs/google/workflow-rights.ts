/** A role in the whole project, as far as its condition goes. */
export interface Grant {
  readonly role: string;
  readonly title?: string;
  readonly condition?: string;
}

export interface WorkflowRights {
  /** Roles of Google in the project, by a short name. */
  readonly roles: Readonly<Record<string, Grant>>;
  /** What no role of Google has without having too much. */
  readonly permissions: readonly string[];
  /** On the environment's own state. */
  readonly state: string;
}

export interface WorkflowRightsProps {
  readonly project: string;
  /** Buckets of the environment's documents, and of its weights. */
  readonly buckets: readonly string[];
  /** Roles that the environment grants to its own parts in the whole project. */
  readonly granted: readonly string[];
  /** Whether the environment has a Redis of its own. */
  readonly redis: boolean;
  /** Whether it has a reviewer of pull requests, and so a queue. */
  readonly reviewer: boolean;
}

const OPERATIONS = 'networkconnectivity.operations.get';

/** What a plan asks: what there is, and the documents that are compared with what they should be. No secret's value. */
export function planRights({ buckets, redis, reviewer }: WorkflowRightsProps): WorkflowRights {
  return {
    roles: {
      machines: { role: 'roles/compute.viewer' },
      gateway: { role: 'roles/run.viewer' },
      names: { role: 'roles/dns.reader' },
      policies: { role: 'roles/iam.securityReviewer' },
      ...(redis ? { redis: { role: 'roles/memorystore.viewer' } } : {}),
      ...(reviewer ? { queue: { role: 'roles/cloudtasks.viewer' } } : {}),
      documents: {
        role: 'roles/storage.objectViewer',
        title: 'the buckets of the environment',
        condition: inBuckets(buckets),
      },
    },
    permissions: [
      ...['artifactregistry.repositories.get', 'iam.roles.get', 'iam.serviceAccounts.get'],
      ...['resourcemanager.projects.get', 'secretmanager.secrets.get', 'storage.buckets.get'],
      ...(redis ? ['networkconnectivity.serviceConnectionPolicies.get', OPERATIONS] : []),
    ],
    state: 'roles/storage.objectViewer',
  };
}

/**
 * What a deploy and a rollout do beside that. Whoever may use service accounts may do what those may: the fence around an
 * environment is its project. It grants no role in the project that the environment does not grant itself.
 */
export function deployRights(props: WorkflowRightsProps): WorkflowRights {
  const plan = planRights(props);
  const granted = props.granted.map((role) => `'${role}'`).join(', ');
  return {
    roles: {
      machines: { role: 'roles/compute.admin' },
      gateway: { role: 'roles/run.admin' },
      names: { role: 'roles/dns.admin' },
      policies: { role: 'roles/iam.securityReviewer' },
      'service-accounts': { role: 'roles/iam.serviceAccountAdmin' },
      'use-service-accounts': { role: 'roles/iam.serviceAccountUser' },
      'custom-roles': { role: 'roles/iam.roleAdmin' },
      images: { role: 'roles/artifactregistry.writer' },
      ...(props.redis ? { redis: { role: 'roles/memorystore.admin' } } : {}),
      ...(props.reviewer ? { queue: { role: 'roles/cloudtasks.queueAdmin' } } : {}),
      grants: {
        role: 'roles/resourcemanager.projectIamAdmin',
        title: 'what the environment grants',
        condition: `api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([${granted}])`,
      },
      documents: {
        role: 'roles/storage.admin',
        title: 'the buckets of the environment',
        condition: inBuckets(props.buckets),
      },
    },
    permissions: [
      ...plan.permissions,
      ...['artifactregistry.repositories.setIamPolicy', 'secretmanager.secrets.setIamPolicy'],
      ...(props.redis
        ? ['create', 'delete', 'update'].map(
            (verb) => `networkconnectivity.serviceConnectionPolicies.${verb}`,
          )
        : []),
    ],
    state: 'roles/storage.objectUser',
  };
}

function inBuckets(buckets: readonly string[]): string {
  return buckets
    .flatMap((bucket) => [
      `resource.name == "projects/_/buckets/${bucket}"`,
      `resource.name.startsWith("projects/_/buckets/${bucket}/")`,
    ])
    .join(' || ');
}
