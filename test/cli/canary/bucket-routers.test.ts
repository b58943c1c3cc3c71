import { expect, test } from 'vitest';
import { bucketRouters } from '../../../cli/canary/bucket-routers.ts';
import type { Prometheus, Sample } from '../../../cli/canary/prometheus.ts';
import { awaitVersion } from '../../../cli/canary/routers.ts';

const router = (node: string, more: Readonly<Record<string, string>> = {}): Sample => ({
  labels: { job: 'router', node, instance: '10.0.0.1:8093', ...more },
  value: 1,
});

function routersSeenAs(answers: Readonly<Record<string, readonly Sample[]>>) {
  const prometheus: Prometheus = {
    url: 'http://prometheus',
    query: async (expression) => answers[expression] ?? [],
  };
  const objects = new Map([['router/nginx.conf', 'old']]);
  const bucket = {
    read: async (key: string) => objects.get(key),
    write: async (key: string, text: string) => void objects.set(key, text),
  };
  return { objects, routers: bucketRouters(bucket, prometheus) };
}

test('a document is the object that Terraform writes and agents read', async () => {
  const { objects, routers } = routersSeenAs({});
  expect(await routers.delivered()).toBe('old');
  await routers.deliver('new');
  expect([...objects]).toEqual([['router/nginx.conf', 'new']]);
});

test('every router that Prometheus asks counts: one that is silent has no version, one that refuses says so', async () => {
  const { routers } = routersSeenAs({
    'up{job="router"}': [router('i-1'), router('i-2'), { ...router('i-3'), value: 0 }],
    'timestamp(fleet_router_document_info{job="router"})': [
      { ...router('i-1', { version: 'aaaaaaaaaaaa' }), value: 1000 },
      { ...router('i-2', { version: 'bbbbbbbbbbbb' }), value: 1000 },
    ],
    'fleet_router_document_refused{job="router"} == 1': [router('i-2')],
  });
  expect(await routers.versions()).toEqual([
    { router: 'i-1', version: 'aaaaaaaaaaaa', error: undefined },
    { router: 'i-2', version: 'bbbbbbbbbbbb', error: expect.stringContaining('refuses') },
    { router: 'i-3', version: undefined, error: undefined },
  ]);
});

test('a version that Prometheus saw before a change was awaited does not count as the change', async () => {
  const { routers } = routersSeenAs({
    'vector(time())': [{ labels: {}, value: 1001 }],
    'up{job="router"}': [router('i-1')],
    'timestamp(fleet_router_document_info{job="router"})': [
      { ...router('i-1', { version: 'aaaaaaaaaaaa' }), value: 1000 },
    ],
  });
  let clock = 0;
  const patience = {
    now: () => clock,
    sleep: async (milliseconds: number) => {
      clock += milliseconds;
    },
  };
  await expect(awaitVersion(routers, 'aaaaaaaaaaaa', 3, patience)).rejects.toThrow(
    'i-1 did not report version aaaaaaaaaaaa within 3 s, but nothing',
  );
});

test('without Prometheus nobody can tell, and that is said', async () => {
  const { routers } = routersSeenAs({});
  const blind = bucketRouters({ read: routers.delivered, write: async () => undefined }, undefined);
  await expect(blind.versions()).rejects.toThrow('set FLEET_PROMETHEUS_URL');
});
