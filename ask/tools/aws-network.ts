import { AWS_NAME, AWS_ZONE, CIDR, existing } from '../formats.ts';
import type { Tool } from '../tool.ts';
import { AWS_TAGS } from './common.ts';

export const awsVpc: Tool = {
  name: 'create_vpc',
  provider: 'aws',
  description: 'A VPC of AWS, without subnets: create those too where the request needs them.',
  named: 'name',
  arguments: {
    name: { type: 'string', required: true, format: AWS_NAME, description: 'Name of the VPC.' },
    cidr_block: {
      from: 'aws_vpc.cidr_block',
      format: CIDR,
      default: '10.0.0.0/16',
      description: 'Its range of addresses, /16 to /28.',
      why: 'The largest private range that a VPC may have.',
    },
  },
  resources: [
    {
      type: 'aws_vpc',
      why: 'The network.',
      body: {
        cidr_block: { argument: 'cidr_block' },
        enable_dns_support: {
          fixed: true,
          why: 'Machines find each other and the endpoints of AWS by name.',
        },
        enable_dns_hostnames: { fixed: true, why: 'Private endpoints need it.' },
        tags: { map: { Name: { argument: 'name' } } },
      },
    },
    {
      type: 'aws_default_security_group',
      why: 'Every VPC comes with a group that lets its members talk to all; without rules it lets nobody.',
      body: { vpc_id: { of: 'aws_vpc', attribute: 'id' } },
    },
  ],
};

export const awsSubnet: Tool = {
  name: 'create_subnet',
  provider: 'aws',
  description: 'A subnet of a VPC of AWS. Machines in it get no public address.',
  named: 'name',
  arguments: {
    name: { type: 'string', required: true, format: AWS_NAME, description: 'Name of the subnet.' },
    vpc: {
      from: 'aws_subnet.vpc_id',
      required: true,
      refersTo: { to: [{ type: 'aws_vpc', attribute: 'id' }], existing: existing('vpc') },
      description: 'Its VPC.',
    },
    cidr_block: {
      from: 'aws_subnet.cidr_block',
      required: true,
      format: CIDR,
      description: "Its range of addresses, inside the VPC's.",
    },
    availability_zone: {
      from: 'aws_subnet.availability_zone',
      format: AWS_ZONE,
      description: 'Zone that it is in.',
    },
  },
  resources: [
    {
      type: 'aws_subnet',
      why: 'The subnet.',
      body: {
        vpc_id: { argument: 'vpc' },
        cidr_block: { argument: 'cidr_block' },
        availability_zone: { argument: 'availability_zone' },
        map_public_ip_on_launch: { fixed: false, why: 'No machine is on the internet by accident.' },
        tags: { map: { Name: { argument: 'name' } } },
      },
    },
  ],
};

export const awsSecurityGroup: Tool = {
  name: 'create_security_group',
  provider: 'aws',
  description: 'A security group (firewall) of AWS with rules for what may come in; everything may go out.',
  named: 'name',
  arguments: {
    name: {
      from: 'aws_security_group.name',
      required: true,
      format: AWS_NAME,
      description: 'Name of the group.',
    },
    description: {
      from: 'aws_security_group.description',
      format: {
        pattern: '^[A-Za-z0-9 ._:/()#,@+=&;{}!$*\\[\\]-]{1,255}$',
        words: '1 to 255 ASCII letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*',
        example: 'Web servers',
      },
      default: 'Written by fleet ask',
      description: 'What it is for, in English.',
      why: 'AWS wants one and never lets it be changed.',
    },
    vpc: {
      from: 'aws_security_group.vpc_id',
      required: true,
      refersTo: { to: [{ type: 'aws_vpc', attribute: 'id' }], existing: existing('vpc') },
      description: 'Its VPC.',
    },
    ingress: {
      type: 'items',
      most: 50,
      description: 'What may come in; leave out for nothing.',
      items: {
        protocol: {
          from: 'aws_vpc_security_group_ingress_rule.ip_protocol',
          choices: ['tcp', 'udp'],
          default: 'tcp',
          description: 'Protocol.',
        },
        from_port: {
          from: 'aws_vpc_security_group_ingress_rule.from_port',
          required: true,
          least: 1,
          most: 65_535,
          description: 'First port.',
        },
        to_port: {
          from: 'aws_vpc_security_group_ingress_rule.to_port',
          required: true,
          least: 1,
          most: 65_535,
          description: 'Last port.',
        },
        cidr: {
          from: 'aws_vpc_security_group_ingress_rule.cidr_ipv4',
          required: true,
          format: CIDR,
          description: 'Addresses that may come in.',
        },
      },
    },
    tags: AWS_TAGS,
  },
  resources: [
    {
      type: 'aws_security_group',
      why: 'The group; its rules are resources of their own, so that a change of one touches no other.',
      body: {
        name: { argument: 'name' },
        description: { argument: 'description' },
        vpc_id: { argument: 'vpc' },
        tags: { argument: 'tags' },
      },
    },
    {
      type: 'aws_vpc_security_group_ingress_rule',
      why: 'What may come in.',
      each: 'ingress',
      body: {
        security_group_id: { of: 'aws_security_group', attribute: 'id' },
        ip_protocol: { item: 'protocol' },
        from_port: { item: 'from_port' },
        to_port: { item: 'to_port' },
        cidr_ipv4: { item: 'cidr' },
      },
    },
    {
      type: 'aws_vpc_security_group_egress_rule',
      why: 'Everything may go out: Terraform takes away the rule that AWS adds by itself.',
      body: {
        security_group_id: { of: 'aws_security_group', attribute: 'id' },
        ip_protocol: { fixed: '-1' },
        cidr_ipv4: { fixed: '0.0.0.0/0' },
      },
    },
  ],
};
