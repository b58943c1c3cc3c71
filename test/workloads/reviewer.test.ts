import { describe, expect, test } from 'vitest';
import { ProcessPlatform } from '../../constructs/process/process-platform.ts';
import { Part } from '../../contracts/part.ts';
import { ReviewerConfig } from '../../contracts/reviewer-config.ts';
import { reviewerDocument } from '../../workloads/reviewer.ts';
import { attributes, synthDev } from '../constructs/docker-support.ts';
import { withLocalReviewer } from '../support/local-reviewer.ts';
import { editedEnvironment } from '../support/shipped.ts';
import { synthEnvironment, TEST_TOOLKIT } from '../support/synth.ts';

const environment = editedEnvironment('local', [withLocalReviewer()]);
const FOLDER = { queue: { kind: 'folder' }, store: { folder: 'reviews' } } as const;
const read = (does: readonly ('receive' | 'work')[]) =>
  ReviewerConfig.parse(
    JSON.parse(
      reviewerDocument(environment, { secret: (name) => ({ file: name }) }, { ...FOLDER, does }).text,
    ),
  );

describe('reviewer.json', () => {
  test('of what takes webhooks names no key', () => {
    expect(read(['receive'])).toEqual({
      ...{ environment: 'local', ...FOLDER, drainSeconds: 8 },
      receive: {
        ...{ webhookSecret: { file: 'reviewer-hook' }, repositories: ['acme'], requestsPerMinute: 600 },
      },
    });
  });

  test('of what reviews has the prices of all releases that may answer', () => {
    const { receive, work } = read(['work']);
    expect(receive).toBeUndefined();
    expect(Object.keys(work?.prices ?? {})).toEqual(['v32', 'v33', 'public']);
    expect(work?.prices.public).toEqual({ input: 0.15, output: 0.6 });
  });
});

describe('on this host', () => {
  const { files } = synthEnvironment(
    environment,
    (stack, given) => new ProcessPlatform(stack, given, TEST_TOOLKIT),
  );

  test('it is one part that speaks to the gateway', () => {
    const part = Part.parse(JSON.parse(files.get('reviewer/part.json') ?? ''));
    expect(part.command.join(' ')).toContain('--gateway http://127.0.0.1:8080/v1');
    expect(part.listens.map(({ port }) => port)).toEqual([8096, 8097]);
  });

  test('Prometheus reads its metrics', () => {
    expect(files.get('prometheus/prometheus.yml')).toContain('127.0.0.1:8097');
  });
});

test('on a Docker host it remembers in a volume of its own', () => {
  const dev = synthDev(withLocalReviewer());
  const container = attributes(dev, 'docker_container.reviewer');
  expect(String(container.command)).toMatch(/--gateway,http:\/\/gateway:\d+\/v1/);
  expect(container.volumes).toContainEqual(
    expect.objectContaining({
      container_path: '/var/lib/fleet',
      volume_name: expect.stringContaining('store'),
    }),
  );
});
