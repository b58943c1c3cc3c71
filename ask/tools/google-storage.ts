import {
  GCS_BUCKET,
  GOOGLE_LOCATION,
  GOOGLE_NAME,
  GOOGLE_PROJECT,
  GOOGLE_REGION,
  GOOGLE_SECRET,
  PUBSUB_TOPIC,
} from '../formats.ts';
import type { Tool } from '../tool.ts';
import { GOOGLE_LABELS } from './common.ts';

export const gcsBucket: Tool = {
  name: 'create_gcs_bucket',
  provider: 'google',
  description: 'A Cloud Storage bucket (GCS): private, versioned.',
  named: 'name',
  arguments: {
    name: {
      from: 'google_storage_bucket.name',
      required: true,
      format: GCS_BUCKET,
      description: 'Name of the bucket, exactly as the request has it if it may be used.',
    },
    location: {
      from: 'google_storage_bucket.location',
      format: GOOGLE_LOCATION,
      default: 'EU',
      description: 'Region or multi-region.',
      why: 'The request names none; it can never be changed, so look at it.',
    },
    versioning: {
      from: 'google_storage_bucket.versioning.enabled',
      default: true,
      description: 'Keep old versions of objects.',
      why: 'An object that is overwritten or deleted can be got back.',
    },
    delete_after_days: {
      from: 'google_storage_bucket.lifecycle_rule.condition.age',
      least: 1,
      most: 36_500,
      description: 'Delete objects after so many days.',
    },
    labels: GOOGLE_LABELS,
  },
  resources: [
    {
      type: 'google_storage_bucket',
      why: 'The bucket.',
      body: {
        name: { argument: 'name' },
        location: { argument: 'location' },
        uniform_bucket_level_access: {
          fixed: true,
          why: 'Access goes by IAM alone: no access list on an object.',
        },
        public_access_prevention: { fixed: 'enforced', why: 'Nobody can make its objects public.' },
        force_destroy: { fixed: false, why: 'A destroy of a bucket that has objects fails.' },
        labels: { argument: 'labels' },
        versioning: { block: { enabled: { argument: 'versioning' } } },
        lifecycle_rule: [
          {
            when: 'delete_after_days',
            block: {
              action: { block: { type: { fixed: 'Delete' } } },
              condition: { block: { age: { argument: 'delete_after_days' } } },
            },
          },
          {
            when: 'versioning',
            why: 'Old versions are paid for: after 90 days they go.',
            block: {
              action: { block: { type: { fixed: 'Delete' } } },
              condition: { block: { days_since_noncurrent_time: { fixed: 90 } } },
            },
          },
        ],
      },
    },
  ],
};

export const googleSecret: Tool = {
  name: 'create_google_secret',
  provider: 'google',
  description:
    'A place for a secret in Google Secret Manager. Its value is never given here: it is set afterwards.',
  named: 'secret_id',
  arguments: {
    secret_id: {
      from: 'google_secret_manager_secret.secret_id',
      required: true,
      format: GOOGLE_SECRET,
      description: 'Name of the secret, never its value.',
    },
    labels: GOOGLE_LABELS,
  },
  resources: [
    {
      type: 'google_secret_manager_secret',
      why: 'The place alone: a value that went through Terraform would stand in its state. Add it with `gcloud secrets versions add`.',
      body: {
        secret_id: { argument: 'secret_id' },
        labels: { argument: 'labels' },
        replication: { block: { auto: { block: {}, why: 'Google chooses where it is kept.' } } },
      },
    },
  ],
};

export const artifactRepository: Tool = {
  name: 'create_artifact_repository',
  provider: 'google',
  description: 'An Artifact Registry repository for container images.',
  named: 'repository_id',
  arguments: {
    repository_id: {
      from: 'google_artifact_registry_repository.repository_id',
      required: true,
      format: GOOGLE_NAME,
      description: 'Name of the repository.',
    },
    location: {
      from: 'google_artifact_registry_repository.location',
      required: true,
      format: GOOGLE_REGION,
      description: 'Region.',
    },
    description: { from: 'google_artifact_registry_repository.description', description: 'What it is for.' },
  },
  resources: [
    {
      type: 'google_artifact_registry_repository',
      why: 'The repository.',
      body: {
        repository_id: { argument: 'repository_id' },
        location: { argument: 'location' },
        format: { fixed: 'DOCKER' },
        description: { argument: 'description' },
        docker_config: {
          block: { immutable_tags: { fixed: true, why: 'A tag never comes to mean another image.' } },
        },
      },
    },
  ],
};

export const pubsubTopic: Tool = {
  name: 'create_pubsub_topic',
  provider: 'google',
  description: 'A Pub/Sub topic.',
  named: 'name',
  arguments: {
    name: {
      from: 'google_pubsub_topic.name',
      required: true,
      format: PUBSUB_TOPIC,
      description: 'Name of the topic.',
    },
    labels: GOOGLE_LABELS,
  },
  resources: [
    {
      type: 'google_pubsub_topic',
      why: 'The topic.',
      body: { name: { argument: 'name' }, labels: { argument: 'labels' } },
    },
  ],
};

export const googleSettings: Tool = {
  name: 'use_google_project',
  provider: 'google',
  description:
    'The project and region that everything of Google Cloud is in. Call it if and only if the request names a project or a region or its place.',
  arguments: {
    project: { from: 'provider.project', format: GOOGLE_PROJECT, description: 'Project id.' },
    region: { from: 'provider.region', format: GOOGLE_REGION, description: 'Region.' },
  },
  resources: [],
  settings: {
    why: 'The request names project or region.',
    body: { project: { argument: 'project' }, region: { argument: 'region' } },
  },
};
