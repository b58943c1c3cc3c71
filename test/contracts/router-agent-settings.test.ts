import { describe, expect, test } from 'vitest';
import { ROUTER_OBJECTS, RouterAgentSettings } from '../../contracts/router-agent-settings.ts';
import { ServersDocument } from '../../contracts/router-documents.ts';

const settings = {
  prefix: '/var/lib/fleet/router',
  document: `s3://documents/${ROUTER_OBJECTS.document}`,
  servers: `s3://documents/${ROUTER_OBJECTS.servers}`,
  region: 'eu-central-1',
  discovery: { kind: 'ec2', region: 'eu-central-1', environment: 'staging' },
  hopKey: { file: '/run/fleet/secrets/hop-key' },
  admin: 'http://127.0.0.1:8092',
  listen: '0.0.0.0:8093',
};

describe("the router agent's settings", () => {
  test('say where nginx and the question interval are only if those are unusual', () => {
    expect(RouterAgentSettings.parse(settings)).toEqual({ ...settings, nginx: 'nginx', pollMs: 2_000 });
  });

  test.each(['/etc/fleet/nginx.conf', 'nginx.conf', 'gs://documents/router/nginx.conf'])(
    'take %s as a place of a document',
    (document) => {
      expect(RouterAgentSettings.safeParse({ ...settings, document }).success).toBe(true);
    },
  );

  test.each([
    [{ document: 'https://documents.example/nginx.conf' }, /s3:\/\/<bucket>\/<key>/],
    [{ document: 's3://documents' }, /s3:\/\/<bucket>\/<key>/],
    [{ region: undefined }, /must be given for buckets s3/],
    [{ discovery: { kind: 'gce', project: 'p', zones: [], environment: 'prod' } }, /zones/],
    [{ poll: 1 }, /poll/],
    [{ listen: '8093' }, /must be host:port/],
  ])('are refused with %j', (change, words) => {
    const { error } = RouterAgentSettings.safeParse({ ...settings, ...change });
    expect(JSON.stringify(error?.issues)).toMatch(words);
  });
});

test.each([
  [{ servers: [{ address: '10.0.0.1', port: 8000 }] }, true],
  [{ ports: [8000, 8001] }, true],
  [{}, false],
  [{ servers: [], ports: [8000] }, false],
  [{ ports: [] }, false],
])('a release with %j is a release of the servers document: %s', (who, expected) => {
  const document = { releases: [{ model: 'gpt-oss-120b', release: 'v32', ...who }] };
  expect(ServersDocument.safeParse(document).success).toBe(expected);
});
