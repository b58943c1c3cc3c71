import {
  ACCOUNT_EMAIL,
  existingPath,
  GOOGLE_IMAGE,
  GOOGLE_NAME,
  GOOGLE_ZONE,
  MACHINE_TYPE,
} from '../formats.ts';
import type { Arguments, BodyRule, Tool } from '../tool.ts';

const ARGUMENTS = {
  name: {
    from: 'google_compute_instance.name',
    required: true,
    format: GOOGLE_NAME,
    description: 'Name of the machine.',
  },
  zone: {
    from: 'google_compute_instance.zone',
    required: true,
    format: GOOGLE_ZONE,
    description: 'Zone that it is in.',
  },
  subnetwork: {
    from: 'google_compute_instance.network_interface.subnetwork',
    required: true,
    refersTo: {
      to: [{ type: 'google_compute_subnetwork', attribute: 'id' }],
      existing: existingPath('regions/*/subnetworks'),
    },
    description: 'Its subnetwork.',
  },
  service_account: {
    from: 'google_compute_instance.service_account.email',
    required: true,
    refersTo: { to: [{ type: 'google_service_account', attribute: 'email' }], existing: ACCOUNT_EMAIL },
    description: 'Who it is: a service account of its own.',
  },
  tags: {
    from: 'google_compute_instance.tags',
    format: GOOGLE_NAME,
    description: 'Network tags, for firewall rules.',
  },
} as const satisfies Arguments;

const body = (maintenance: string, why: string): BodyRule => ({
  name: { argument: 'name' },
  zone: { argument: 'zone' },
  machine_type: { argument: 'machine_type' },
  tags: { argument: 'tags' },
  deletion_protection: { fixed: true, why: 'A destroy by mistake is refused.' },
  metadata: {
    map: { 'block-project-ssh-keys': { fixed: 'true' }, 'enable-oslogin': { fixed: 'true' } },
    why: 'Who may log in is said by IAM.',
  },
  boot_disk: {
    block: {
      initialize_params: {
        block: {
          image: { argument: 'image' },
          size: { argument: 'disk_size' },
          type: { fixed: 'pd-balanced' },
        },
      },
    },
  },
  network_interface: {
    why: 'No access_config: the machine has no public address.',
    block: { subnetwork: { argument: 'subnetwork' } },
  },
  service_account: {
    why: 'Not the default account, which may change the whole project.',
    block: {
      email: { argument: 'service_account' },
      scopes: { fixed: ['cloud-platform'], why: 'What it may do is said by IAM.' },
    },
  },
  scheduling: { block: { on_host_maintenance: { fixed: maintenance, why } } },
  shielded_instance_config: {
    why: 'Nobody changed what it boots.',
    block: {
      enable_secure_boot: { fixed: true },
      enable_vtpm: { fixed: true },
      enable_integrity_monitoring: { fixed: true },
    },
  },
});

export const gceInstance: Tool = {
  name: 'create_gce_instance',
  provider: 'google',
  description:
    'A Compute Engine machine (VM) without a public address. For GPUs use create_gce_gpu_node. It needs a subnetwork and a service account: create them too.',
  named: 'name',
  arguments: {
    ...ARGUMENTS,
    machine_type: {
      from: 'google_compute_instance.machine_type',
      format: MACHINE_TYPE,
      default: 'e2-small',
      description: 'Type of the machine.',
      why: 'A small one: the request names none.',
    },
    image: {
      from: 'google_compute_instance.boot_disk.initialize_params.image',
      format: GOOGLE_IMAGE,
      default: 'debian-cloud/debian-12',
      description: 'PROJECT/FAMILY of the image.',
      why: 'The latest Debian 12.',
    },
    disk_size: {
      from: 'google_compute_instance.boot_disk.initialize_params.size',
      least: 10,
      most: 65_536,
      default: 20,
      description: 'Size of its disk in GB.',
      why: 'Enough for a system and a program.',
    },
  },
  resources: [
    {
      type: 'google_compute_instance',
      why: 'The machine.',
      body: body('MIGRATE', 'Moves to another host without a stop.'),
    },
  ],
};

export const gceGpuNode: Tool = {
  name: 'create_gce_gpu_node',
  provider: 'google',
  description:
    'A Compute Engine machine with GPUs, to serve models. It needs a subnetwork and a service account: create them too.',
  named: 'name',
  arguments: {
    ...ARGUMENTS,
    machine_type: {
      from: 'google_compute_instance.machine_type',
      required: true,
      choices: [
        'a3-highgpu-8g',
        'a3-megagpu-8g',
        'a3-ultragpu-8g',
        'a4-highgpu-8g',
        'a2-ultragpu-8g',
        'g2-standard-8',
        'g2-standard-96',
      ],
      description:
        'a3-highgpu, a3-megagpu 8×H100, a3-ultragpu 8×H200, a4 8×B200, a2-ultragpu 8×A100-80GB, g2-standard-8 1×L4, g2-standard-96 8×L4.',
    },
    image: {
      from: 'google_compute_instance.boot_disk.initialize_params.image',
      format: GOOGLE_IMAGE,
      default: 'ubuntu-os-accelerator-images/ubuntu-accelerator-2404-amd64-with-nvidia-570',
      description: 'PROJECT/FAMILY of an image with the GPU driver.',
      why: "Google's image with the GPU driver.",
    },
    disk_size: {
      from: 'google_compute_instance.boot_disk.initialize_params.size',
      least: 100,
      most: 65_536,
      default: 500,
      description: 'Size of its disk in GB.',
      why: 'gpt-oss-120b is 65 GB, and an image of vLLM 20 GB.',
    },
  },
  resources: [
    {
      type: 'google_compute_instance',
      why: 'The machine; its GPUs come with its type.',
      body: body('TERMINATE', 'A machine with GPUs cannot be moved while it runs.'),
    },
  ],
};
