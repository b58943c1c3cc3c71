import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { CloudTopology } from '../../constructs/cloud-topology.ts';
import { DockerTopology } from '../../constructs/docker/docker-topology.ts';
import { textDocument } from '../../workloads/document.ts';
import { grafanaDocuments } from '../../workloads/grafana.ts';
import { shippedEnvironment, TEMPLATES } from '../support/synth.ts';

const dev = shippedEnvironment('dev');
const prod = shippedEnvironment('prod');
const BOARD = { uid: 'fleet-cost', document: textDocument('{}\n') };
const onDocker = grafanaDocuments(dev, new DockerTopology(dev), TEMPLATES.grafana, [BOARD]) ?? {};
const onCloud =
  grafanaDocuments(
    prod,
    new CloudTopology(prod, { kind: 'gce', project: 'p', zones: [] }, (name) => ({ env: name })),
    TEMPLATES.grafana,
    [BOARD],
  ) ?? {};

/** Sections of an ini file. */
function settingsOf(text: string): Record<string, Record<string, string>> {
  const sections: Record<string, Record<string, string>> = {};
  let section: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [, name] = /^\[(.+)\]$/.exec(line) ?? [];
    if (name !== undefined) section = sections[name] = {};
    const [, key, value] = /^(\w+) = (.+)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) section[key] = value;
  }
  return sections;
}

test('nobody sees or changes anything without the password, which no document holds', () => {
  expect(settingsOf(onDocker['grafana.ini']?.text ?? '')).toMatchObject({
    'auth.anonymous': { enabled: 'false' },
    users: { allow_sign_up: 'false', allow_org_create: 'false', viewers_can_edit: 'false' },
    security: {
      admin_password: '$__file{/run/fleet/secrets/grafana-password}',
      cookie_secure: 'true',
      cookie_samesite: 'strict',
      allow_embedding: 'false',
      disable_gravatar: 'true',
    },
    snapshots: { external_enabled: 'false' },
    public_dashboards: { enabled: 'false' },
    analytics: { reporting_enabled: 'false', check_for_updates: 'false' },
    plugins: { plugin_admin_enabled: 'false' },
  });
});

test.each([
  ['docker', onDocker, 'prometheus:9190', 'alertmanager:9193', '/etc/fleet'],
  ['a cloud', onCloud, 'prometheus.prod.fleet.internal:9090', '127.0.0.1:9093', '/run/fleet/secrets'],
])(
  'on %s it finds Prometheus, Alertmanager and its dashboards',
  (_where, documents, prometheus, alertmanager, folder) => {
    const sources = Object.entries(documents)
      .filter(([path]) => path.startsWith('provisioning/datasources/'))
      .flatMap(([, { text }]) => parse(text).datasources);
    expect(sources).toMatchObject([
      {
        uid: 'prometheus',
        type: 'prometheus',
        url: `http://${prometheus}`,
        isDefault: true,
        editable: false,
      },
      { uid: 'alertmanager', type: 'alertmanager', url: `http://${alertmanager}`, editable: false },
    ]);
    const { providers } = parse(documents['provisioning/dashboards/fleet.yml']?.text ?? '');
    expect(providers).toMatchObject([{ allowUiUpdates: false, options: { path: `${folder}/dashboards` } }]);
    expect(documents['dashboards/fleet-cost.json']).toBe(BOARD.document);
  },
);

test('an environment without the section has no Grafana', () => {
  const local = shippedEnvironment('local');
  expect(grafanaDocuments(local, new DockerTopology(local), TEMPLATES.grafana, [])).toBeUndefined();
});
