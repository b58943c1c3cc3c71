import {
  ACCOUNT_EMAIL,
  CLOUD_RUN_NAME,
  CONTAINER_IMAGE,
  ENVIRONMENT_VARIABLE,
  existingPath,
  GOOGLE_PROJECT,
  GOOGLE_REGION,
  GOOGLE_ROLE,
  SERVICE_ACCOUNT,
} from '../formats.ts';
import type { Tool } from '../tool.ts';

export const serviceAccount: Tool = {
  name: 'create_service_account',
  provider: 'google',
  description: 'A service account of Google Cloud, with roles in a project if the request names any.',
  named: 'account_id',
  arguments: {
    account_id: {
      from: 'google_service_account.account_id',
      required: true,
      format: SERVICE_ACCOUNT,
      description: 'Its id, the part before @.',
    },
    display_name: { from: 'google_service_account.display_name', description: 'A name for people.' },
    roles: {
      type: 'items',
      most: 20,
      description: 'Roles that the request names; leave out for none.',
      items: {
        project: {
          from: 'google_project_iam_member.project',
          required: true,
          format: GOOGLE_PROJECT,
          description: 'Project id.',
        },
        role: {
          from: 'google_project_iam_member.role',
          required: true,
          format: GOOGLE_ROLE,
          description: 'Predefined role, as narrow as will do.',
        },
      },
    },
  },
  resources: [
    {
      type: 'google_service_account',
      why: 'Who a program is. No key is made for it.',
      body: { account_id: { argument: 'account_id' }, display_name: { argument: 'display_name' } },
    },
    {
      type: 'google_project_iam_member',
      why: 'What it may do; grants of others stay as they are.',
      each: 'roles',
      body: {
        project: { item: 'project' },
        role: { item: 'role' },
        member: { of: 'google_service_account', attribute: 'member' },
      },
    },
  ],
};

export const cloudRunService: Tool = {
  name: 'create_cloud_run_service',
  provider: 'google',
  description:
    'A Cloud Run service (v2) that callers inside the project reach. It needs a service account: create it too. Secrets by reference alone.',
  named: 'name',
  arguments: {
    name: {
      from: 'google_cloud_run_v2_service.name',
      required: true,
      format: CLOUD_RUN_NAME,
      description: 'Name of the service.',
    },
    location: {
      from: 'google_cloud_run_v2_service.location',
      required: true,
      format: GOOGLE_REGION,
      description: 'Region.',
    },
    image: {
      from: 'google_cloud_run_v2_service.template.containers.image',
      required: true,
      format: CONTAINER_IMAGE,
      description: 'Container image, by digest where the request has one.',
    },
    service_account: {
      from: 'google_cloud_run_v2_service.template.service_account',
      required: true,
      refersTo: { to: [{ type: 'google_service_account', attribute: 'email' }], existing: ACCOUNT_EMAIL },
      description: 'Who it is: a service account of its own.',
    },
    port: {
      from: 'google_cloud_run_v2_service.template.containers.ports.container_port',
      least: 1,
      most: 65_535,
      default: 8080,
      description: 'Port that the container listens on.',
      why: "Cloud Run's own value, written down.",
    },
    ingress: {
      from: 'google_cloud_run_v2_service.ingress',
      choices: [
        'INGRESS_TRAFFIC_INTERNAL_ONLY',
        'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER',
        'INGRESS_TRAFFIC_ALL',
      ],
      default: 'INGRESS_TRAFFIC_INTERNAL_ONLY',
      description: 'From where it is reached.',
      why: 'Not from the internet unless the request says so.',
    },
    min_instances: {
      from: 'google_cloud_run_v2_service.template.scaling.min_instance_count',
      least: 0,
      most: 1000,
      default: 0,
      description: 'Fewest instances.',
      why: 'Nothing to pay while idle.',
    },
    max_instances: {
      from: 'google_cloud_run_v2_service.template.scaling.max_instance_count',
      least: 1,
      most: 1000,
      default: 10,
      description: 'Most instances.',
      why: 'An end to what it can cost.',
    },
    cpu: {
      type: 'string',
      choices: ['1', '2', '4', '8'],
      default: '1',
      description: 'CPUs of an instance, as text.',
      why: "Cloud Run's own value, written down.",
    },
    memory: {
      type: 'string',
      choices: ['512Mi', '1Gi', '2Gi', '4Gi', '8Gi', '16Gi', '32Gi'],
      default: '512Mi',
      description: 'Memory of an instance.',
      why: "Cloud Run's own value, written down.",
    },
    variables: {
      type: 'items',
      most: 50,
      description: 'Environment variables that are no secrets.',
      items: {
        name: {
          from: 'google_cloud_run_v2_service.template.containers.env.name',
          required: true,
          format: ENVIRONMENT_VARIABLE,
          description: 'Name.',
        },
        value: {
          from: 'google_cloud_run_v2_service.template.containers.env.value',
          required: true,
          description: 'Value.',
        },
      },
    },
    secret_variables: {
      type: 'items',
      most: 50,
      description: 'Environment variables whose value is in Secret Manager.',
      items: {
        name: {
          from: 'google_cloud_run_v2_service.template.containers.env.name',
          required: true,
          format: ENVIRONMENT_VARIABLE,
          description: 'Name.',
        },
        secret: {
          from: 'google_cloud_run_v2_service.template.containers.env.value_source.secret_key_ref.secret',
          required: true,
          refersTo: {
            to: [{ type: 'google_secret_manager_secret', attribute: 'secret_id' }],
            existing: existingPath('secrets'),
          },
          description: 'The secret.',
        },
        version: {
          from: 'google_cloud_run_v2_service.template.containers.env.value_source.secret_key_ref.version',
          format: { pattern: '^[1-9]\\d*$', words: 'the number of a version, as text', example: '1' },
          default: '1',
          description: 'Number of its version.',
        },
      },
    },
  },
  resources: [
    {
      type: 'google_cloud_run_v2_service',
      why: 'The service.',
      body: {
        name: { argument: 'name' },
        location: { argument: 'location' },
        ingress: { argument: 'ingress' },
        deletion_protection: { fixed: true, why: 'A destroy by mistake is refused.' },
        template: {
          block: {
            service_account: { argument: 'service_account' },
            scaling: {
              block: {
                min_instance_count: { argument: 'min_instances' },
                max_instance_count: { argument: 'max_instances' },
              },
            },
            containers: {
              block: {
                image: { argument: 'image' },
                ports: { block: { container_port: { argument: 'port' } } },
                resources: {
                  block: { limits: { map: { cpu: { argument: 'cpu' }, memory: { argument: 'memory' } } } },
                },
                env: [
                  { each: 'variables', block: { name: { item: 'name' }, value: { item: 'value' } } },
                  {
                    each: 'secret_variables',
                    why: 'By reference: the value never passes through Terraform.',
                    block: {
                      name: { item: 'name' },
                      value_source: {
                        block: {
                          secret_key_ref: {
                            block: { secret: { item: 'secret' }, version: { item: 'version' } },
                          },
                        },
                      },
                    },
                  },
                ],
              },
            },
          },
        },
      },
    },
    {
      type: 'google_secret_manager_secret_iam_member',
      why: 'The service may read its secret, and no other.',
      each: 'secret_variables',
      body: {
        secret_id: { item: 'secret' },
        role: { fixed: 'roles/secretmanager.secretAccessor' },
        member: { template: [{ fixed: 'serviceAccount:' }, { argument: 'service_account' }] },
      },
    },
  ],
};
