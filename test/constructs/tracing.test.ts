import { expect, test } from 'vitest';
import { synthProd } from '../support/prod.ts';
import { synthStaging } from '../support/staging.ts';
import type { Synthesized } from '../support/synth.ts';
import { withTracedNodes as traced, withTracing } from '../support/tracing.ts';

const COLLECTOR = withTracing('http://10.20.0.9:4318', 0.2);
const of = (stack: Synthesized, type: string, part: string) =>
  [...stack.resources].filter(([address]) => address.startsWith(`${type}.`) && address.includes(part));

test('on Google nodes may send to the collector and nowhere else; its gateways may anyway', () => {
  const stack = synthProd(COLLECTOR, traced);
  expect(of(stack, 'google_compute_firewall', 'traces')).toMatchObject([
    [
      'google_compute_firewall.access_node-traces',
      {
        direction: 'EGRESS',
        destination_ranges: ['10.20.0.9/32'],
        allow: [{ protocol: 'tcp', ports: ['4318'] }],
      },
    ],
  ]);
  const [service] = of(stack, 'google_cloud_run_v2_service', 'gateway');
  expect(JSON.stringify(service)).toContain(
    '\\"tracing\\":{\\"endpoint\\":\\"http://10.20.0.9:4318\\",\\"sample\\":0.2}',
  );
  expect(of(synthProd(COLLECTOR), 'google_compute_firewall', 'traces')).toEqual([]);
});

test('on AWS gateways may send to the collector, and nodes that are traced', () => {
  const stack = synthStaging(COLLECTOR, traced);
  const rules = of(stack, 'aws_vpc_security_group_egress_rule', 'to-collector');
  expect(rules.map(([address]) => address.split('.')[1])).toEqual([
    'access_gateway_to-collector',
    'access_nodes_to-collector',
  ]);
  for (const [, rule] of rules)
    expect(rule).toMatchObject({ cidr_ipv4: '10.20.0.9/32', from_port: 4318, to_port: 4318 });
  expect(of(synthStaging(COLLECTOR), 'aws_vpc_security_group_egress_rule', 'nodes_to-collector')).toEqual([]);
});
