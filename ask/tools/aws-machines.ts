import { AMI, AWS_NAME, existing, INSTANCE_TYPE } from '../formats.ts';
import type { Arguments, BodyRule, Tool } from '../tool.ts';

const ARGUMENTS = {
  name: { type: 'string', required: true, format: AWS_NAME, description: 'Name of the machine.' },
  ami: {
    from: 'aws_instance.ami',
    required: true,
    format: AMI,
    description: 'Id of the machine image. Ask for it if the request names none: ids differ by region.',
  },
  subnet: {
    from: 'aws_instance.subnet_id',
    required: true,
    refersTo: { to: [{ type: 'aws_subnet', attribute: 'id' }], existing: existing('subnet') },
    description: 'Its subnet.',
  },
  security_groups: {
    from: 'aws_instance.vpc_security_group_ids',
    refersTo: { to: [{ type: 'aws_security_group', attribute: 'id' }], existing: existing('sg') },
    most: 5,
    description: 'Its security groups.',
  },
  role: {
    from: 'aws_instance.iam_instance_profile',
    refersTo: {
      to: [{ type: 'aws_iam_instance_profile', attribute: 'name' }],
      existing: { ...AWS_NAME, words: 'the name of an instance profile that is there' },
    },
    description: 'Role of service ec2.amazonaws.com that its programs have.',
  },
} as const satisfies Arguments;

const BODY: BodyRule = {
  ami: { argument: 'ami' },
  instance_type: { argument: 'instance_type' },
  subnet_id: { argument: 'subnet' },
  vpc_security_group_ids: { argument: 'security_groups' },
  iam_instance_profile: { argument: 'role' },
  associate_public_ip_address: {
    fixed: false,
    why: 'A machine is reached from inside, or by Session Manager.',
  },
  tags: { map: { Name: { argument: 'name' } } },
  metadata_options: {
    block: {
      http_tokens: {
        fixed: 'required',
        why: "A request that a program is tricked into cannot get the role's keys.",
      },
      http_put_response_hop_limit: { fixed: 1, why: 'Containers do not get them either.' },
    },
  },
  root_block_device: {
    block: {
      encrypted: { fixed: true, why: 'What AWS is not told to encrypt it does not encrypt.' },
      volume_type: { fixed: 'gp3' },
      volume_size: { argument: 'disk_size' },
    },
  },
};

export const ec2Instance: Tool = {
  name: 'create_ec2_instance',
  provider: 'aws',
  description:
    'An EC2 machine without a public address, with an encrypted disk. For GPUs use create_ec2_gpu_node.',
  named: 'name',
  arguments: {
    ...ARGUMENTS,
    instance_type: {
      from: 'aws_instance.instance_type',
      format: INSTANCE_TYPE,
      default: 't3.micro',
      description: 'Type of the machine.',
      why: 'A small one: the request names none.',
    },
    disk_size: {
      from: 'aws_instance.root_block_device.volume_size',
      least: 8,
      most: 16_384,
      default: 20,
      description: 'Size of its disk in GiB.',
      why: 'Enough for a system and a program.',
    },
  },
  resources: [{ type: 'aws_instance', why: 'The machine.', body: BODY }],
};

export const ec2GpuNode: Tool = {
  name: 'create_ec2_gpu_node',
  provider: 'aws',
  description: 'An EC2 machine with GPUs, to serve models. No public address.',
  named: 'name',
  arguments: {
    ...ARGUMENTS,
    instance_type: {
      from: 'aws_instance.instance_type',
      required: true,
      choices: [
        'p5.48xlarge',
        'p5en.48xlarge',
        'p6-b200.48xlarge',
        'p4de.24xlarge',
        'p4d.24xlarge',
        'g6e.48xlarge',
        'g6e.xlarge',
        'g6.xlarge',
      ],
      description:
        'p5 8×H100, p5en 8×H200, p6-b200 8×B200, p4de 8×A100-80GB, p4d 8×A100-40GB, g6e.48xlarge 8×L40S, g6e.xlarge 1×L40S, g6.xlarge 1×L4.',
    },
    disk_size: {
      from: 'aws_instance.root_block_device.volume_size',
      least: 100,
      most: 16_384,
      default: 500,
      description: 'Size of its disk in GiB.',
      why: 'gpt-oss-120b is 65 GB, and an image of vLLM 20 GB.',
    },
  },
  resources: [{ type: 'aws_instance', why: 'The machine.', body: BODY }],
};
