import { expect, test } from 'vitest';
import { EnvironmentError } from '../../contracts/problem.ts';
import { collectorOf } from '../../contracts/tracing-rules.ts';
import { editedEnvironment } from '../support/shipped.ts';
import { withTracedNodes as traced, withTracing } from '../support/tracing.ts';

function complaints(name: string, ...edits: ((text: string) => string)[]): string {
  try {
    editedEnvironment(name, edits);
    return '';
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return error.problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
  }
}

test.each([
  ['local', 'http://127.0.0.1:4318'],
  ['dev', 'http://collector:4318'],
  ['staging', 'http://10.20.0.9:4318'],
  ['prod', 'http://10.20.0.9:4318'],
])('%s may be traced, nodes too', (name, endpoint) => {
  expect(complaints(name, withTracing(endpoint), traced)).toBe('');
});

test('of a cloud, gateways of Google alone reach a collector by its name', () => {
  const named = withTracing('https://collector.example.com');
  expect(complaints('prod', named)).toBe('');
  const where = 'gateway.tracing.endpoint: platform';
  expect(complaints('prod', named, traced)).toContain(
    `${where} google opens its firewall to an address alone`,
  );
  expect(complaints('staging', named)).toContain(`${where} aws opens its firewall to an address alone`);
});

test.each([
  ['nodes alone', [traced], '120b.releases.v32.nodes.traced: needs `gateway.tracing`'],
  ['another scheme', [withTracing('grpc://collector:4317')], 'gateway.tracing.endpoint: must be a URL'],
  ['a password', [withTracing('http://me:secret@collector:4318')], 'without credentials'],
  ['more than all', [withTracing('http://c:4318', 1.5)], 'gateway.tracing.sample'],
])('%s is refused', (_what, edits, expected) => {
  expect(complaints('local', ...edits)).toContain(expected);
});

test.each([
  ['http://10.1.2.3:4318', { address: '10.1.2.3', port: 4318 }],
  ['https://10.1.2.3/otlp', { address: '10.1.2.3', port: 443 }],
  ['http://collector', { address: undefined, port: 80 }],
])('a firewall sees %s as', (endpoint, expected) => {
  expect(collectorOf(editedEnvironment('local', [withTracing(endpoint)]))).toEqual(expected);
});
