import { ArtifactRegistryRepositoryIamMember } from '@cdktf/provider-google/lib/artifact-registry-repository-iam-member/index.js';
import { ProjectIamCustomRole } from '@cdktf/provider-google/lib/project-iam-custom-role/index.js';
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member/index.js';
import { SecretManagerSecretIamMember } from '@cdktf/provider-google/lib/secret-manager-secret-iam-member/index.js';
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member/index.js';
import { Construct } from 'constructs';
import { ENGINE_FOLDER, lacksEngine } from '../../contracts/engine-packages.ts';
import type { Environment } from '../../contracts/environment.ts';
import { observabilitySecrets } from '../../contracts/observability-rules.ts';
import { repositoriesOf } from './artifact-registry.ts';
import { customRoleId } from './custom-role-id.ts';
import type { DocumentBucket } from './document-bucket.ts';
import type { Identity } from './identity.ts';
import type { Place } from './place.ts';
import { secretId } from './secret-id.ts';

export interface MonitoringGrantsProps {
  readonly environment: Environment;
  /** What the machine is started from. */
  readonly machineImage: string;
  readonly place: Place;
  readonly identity: Identity;
  readonly documents: DocumentBucket;
}

/** What the custom role of the monitoring machine is called. */
export const MONITORING_ROLE = 'monitoring';

/** What the monitoring machine may do: read its documents, secrets and images, see machines, write where metrics go. */
export class MonitoringGrants extends Construct {
  constructor(scope: Construct, id: string, props: MonitoringGrantsProps) {
    super(scope, id);
    const { environment, machineImage, place, identity, documents } = props;
    const { member } = identity.resource;
    const { images, prometheus } = environment;
    const { project } = place;
    const reader = { role: 'roles/storage.objectViewer', member };
    new StorageBucketIamMember(this, 'documents', {
      bucket: documents.resource.name,
      ...reader,
      condition: {
        title: 'documents of monitoring',
        expression: ['prometheus', 'alertmanager', 'grafana']
          .map((part) => `resource.name.startsWith("${documents.objectName(part)}/")`)
          .join(' || '),
      },
    });
    const { bucket } = environment.google?.weights ?? {};
    if (bucket !== undefined && lacksEngine(machineImage)) {
      new StorageBucketIamMember(this, 'engine', {
        bucket,
        ...reader,
        condition: {
          title: 'packages of the container engine',
          expression: `resource.name.startsWith("projects/_/buckets/${bucket}/objects/${ENGINE_FOLDER}/")`,
        },
      });
    }
    for (const secret of new Set(Object.values(observabilitySecrets(environment)).flat())) {
      new SecretManagerSecretIamMember(this, `read-${secret}`, {
        project,
        secretId: secretId(environment, secret),
        role: 'roles/secretmanager.secretAccessor',
        member,
      });
    }
    const { prometheus: watching, alertmanager, grafana, nodeExporter } = images;
    for (const repository of repositoriesOf([watching, alertmanager, grafana, nodeExporter])) {
      const name = ['pull', repository.project, repository.location, repository.repository].join('-');
      new ArtifactRegistryRepositoryIamMember(this, name, {
        ...repository,
        role: 'roles/artifactregistry.reader',
        member,
      });
    }
    const finder = new ProjectIamCustomRole(this, 'finds-machines', {
      project,
      roleId: customRoleId(place, MONITORING_ROLE),
      title: `fleet ${place.environment}: monitoring finds machines`,
      permissions: ['compute.instances.list'],
    });
    new ProjectIamMember(this, 'machines', { project, role: finder.name, member });
    if (prometheus.remoteWrite.some(({ google }) => google === true))
      new ProjectIamMember(this, 'sends-metrics', { project, role: 'roles/monitoring.metricWriter', member });
  }
}
