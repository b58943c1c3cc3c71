import { afterEach, describe, expect, test } from 'vitest';
import { cloudSection } from '../../contracts/cloud-section.ts';
import { documentsBucket } from '../../contracts/document-objects.ts';
import { monitoringFiles } from '../../workloads/monitoring-boot.ts';
import { freePorts } from '../cli/support.ts';
import { eventually } from '../services/gateway/support/eventually.ts';
import type { Machine } from '../templates/node/machine.ts';
import { powerOff, powerOn, SERVING_MS } from '../templates/node/power-on.ts';
import { monitoring } from '../workloads/monitoring-support.ts';

afterEach(powerOff);

const SECRETS = ['pager-key', 'chat-webhook', 'grafana-password'];
const DATA = 'var/lib/fleet/metrics';

interface Watching {
  readonly machine: Machine;
  readonly prometheus: string;
  readonly alertmanager: string;
  /** Puts another text into the bucket. */
  readonly store: (key: string, text: string) => void;
}

/** The machine of prod, with its bucket and secrets filled, before its first boot. */
async function watching(): Promise<Watching> {
  const [port = 0, alerts = 0] = await freePorts(2);
  const props = monitoring('prod', (text) =>
    text
      .replace(
        'alertmanager:\n  receivers',
        `prometheus: { port: ${port} }\nalertmanager:\n  port: ${alerts}\n  receivers`,
      )
      // A URL from a file is for Alertmanager 0.26, and Debian has 0.25.
      .replace('{ secretUrl: dead-man-url }', "{ url: 'https://switch.example.com/' }")
      .replace(/ {2}dead-man-url:.*\n/, ''),
  );
  const machine = await powerOn({
    files: monitoringFiles(props),
    localDisks: 0,
    env: { FLEET_REFRESH_SECONDS: '0.3', FLEET_INPUT_SECONDS: '1' },
  });
  const section = cloudSection(props.environment) ?? expect.fail();
  const bucket = documentsBucket('prod', section);
  const store = (key: string, text: string) =>
    void machine.storage.objects.set(`/${bucket}/${key}`, Buffer.from(text));
  for (const [part, files] of Object.entries(props.documents))
    for (const [path, { text }] of Object.entries(files)) store(`${part}/${path}`, text);
  for (const name of SECRETS)
    machine.storage.objects.set(
      `/v1/projects/example-project/secrets/fleet-prod-${name}/versions/latest:access`,
      Buffer.from(JSON.stringify({ payload: { data: Buffer.from(`the ${name}`).toString('base64') } })),
    );
  machine.write('dev/sdb', '');
  machine.link('dev/sdb', 'dev/disk/by-id/google-metrics');
  return {
    machine,
    store,
    prometheus: `http://127.0.0.1:${port}`,
    alertmanager: `http://127.0.0.1:${alerts}`,
  };
}

const ready = (...addresses: readonly string[]) =>
  eventually(async () => {
    for (const address of addresses) expect((await fetch(`${address}/-/ready`)).status).toBe(200);
  }, SERVING_MS);

async function alertsOf(prometheus: string): Promise<string[]> {
  const answer = (await (await fetch(`${prometheus}/api/v1/rules?type=alert`)).json()) as {
    data: { groups: { rules: { name: string }[] }[] };
  };
  return answer.data.groups.flatMap(({ rules }) => rules.map(({ name }) => name));
}

describe('a fresh boot', () => {
  test('ends with Prometheus and Alertmanager that serve what the bucket holds, on the disk that stays', async () => {
    const { machine, prometheus, alertmanager } = await watching();
    await machine.boot();
    await ready(prometheus, alertmanager);
    expect(await alertsOf(prometheus)).toContain('Watchdog');
    const calls = machine.read('calls');
    expect(calls).toMatch(/^mkfs\.ext4 .*-L fleet-metrics .*\/dev\/sdb$/m);
    expect(calls).toMatch(new RegExp(`^mount -o noatime .*/dev/sdb .*/${DATA}$`, 'm'));
    expect(machine.exists(`${DATA}/prometheus/wal`)).toBe(true);
    for (const step of ['disk', 'engine', 'inputs'])
      expect(machine.metrics(`step-${step}`)).toContain(`fleet_node_step_failed{step="${step}"} 0\n`);
  });

  test('each part is a user of its own without rights, and reads no other part’s secrets', async () => {
    const { machine, prometheus, alertmanager } = await watching();
    await machine.boot();
    await ready(prometheus, alertmanager);
    await eventually(() => expect(machine.read('calls')).toContain('--name fleet-grafana'));
    const calls = machine.read('calls');
    for (const [part, user] of [
      ['prometheus', '10003'],
      ['alertmanager', '10004'],
      ['grafana', '10005'],
    ] as const) {
      const run = new RegExp(`^docker run .*--name fleet-${part} .*$`, 'm').exec(calls)?.[0] ?? '';
      expect(run).toContain(
        `--user ${user}:${user} --cap-drop ALL --security-opt no-new-privileges --read-only`,
      );
      expect(run).toContain(`/run/fleet/inputs/${part}:/run/fleet/secrets:ro`);
      expect(run).not.toContain('the ');
      if (part !== 'prometheus')
        expect(calls).toMatch(
          new RegExp(`^iptables -I OUTPUT -d 169.254.169.254/32 .*--uid-owner ${user} -j REJECT$`, 'm'),
        );
    }
    expect(machine.read('run/fleet/inputs/alertmanager/pager-key')).toBe('the pager-key');
    expect(machine.read('run/fleet/inputs/grafana/grafana-password')).toBe('the grafana-password');
    expect(machine.exists('run/fleet/inputs/prometheus/pager-key')).toBe(false);
  });
});

test('another rule in the bucket is in use without a restart; one that is broken changes nothing', async () => {
  const { machine, prometheus, alertmanager, store } = await watching();
  await machine.boot();
  await ready(prometheus, alertmanager);
  const started = machine.read('calls').match(/^docker run .*fleet-prometheus /gm)?.length;
  store('prometheus/rules.yml', 'groups: [{ name: own, rules: [{ alert: Own, expr: vector(1) }] }]\n');
  await eventually(async () => expect(await alertsOf(prometheus)).toEqual(['Own']), SERVING_MS);
  const before = machine.read('calls').match(/^docker kill --signal HUP fleet-prometheus$/gm)?.length ?? 0;
  store('prometheus/rules.yml', 'groups: [{ name: own, rules: [{ alert: Broken, expr: "(" }] }]\n');
  await eventually(
    () =>
      expect(
        machine.read('calls').match(/^docker kill --signal HUP fleet-prometheus$/gm)?.length,
      ).toBeGreaterThan(before),
    SERVING_MS,
  );
  await eventually(async () => {
    const page = await (await fetch(`${prometheus}/metrics`)).text();
    expect(page).toContain('prometheus_config_last_reload_successful 0');
  }, SERVING_MS);
  expect(await alertsOf(prometheus)).toEqual(['Own']);
  expect(machine.read('calls').match(/^docker run .*fleet-prometheus /gm)?.length).toBe(started);
});

test('a reboot keeps the disk as it is, and asks no registry', async () => {
  const { machine, prometheus, alertmanager } = await watching();
  await machine.boot();
  await ready(prometheus, alertmanager);
  await machine.units.stopAll();
  const before = machine.read('calls').length;
  await machine.boot();
  await ready(prometheus, alertmanager);
  expect(machine.read('calls').slice(before)).not.toMatch(/docker pull|mkfs/);
});

test('a Prometheus that dies is started again', async () => {
  const { machine, prometheus, alertmanager } = await watching();
  await machine.boot();
  await ready(prometheus, alertmanager);
  const pid = Number(machine.read('docker/containers/fleet-prometheus'));
  process.kill(pid, 'SIGKILL');
  await eventually(
    () => expect(Number(machine.read('docker/containers/fleet-prometheus'))).not.toBe(pid),
    SERVING_MS,
  );
  await ready(prometheus, alertmanager);
});

describe('what is missing is said on the console and in the journal', () => {
  const saysSo = (machine: Machine, step: string, reason: string) =>
    eventually(() => {
      expect(machine.read('dev/console')).toContain(`fleet: ${step} FAILED: ${reason}`);
      expect(machine.metrics(`step-${step}`)).toBe(`fleet_node_step_failed{step="${step}"} 1\n`);
    }, SERVING_MS);

  test('the disk: nothing is formatted, nothing starts', async () => {
    const { machine } = await watching();
    machine.remove('dev/disk/by-id/google-metrics');
    await machine.boot();
    await saysSo(machine, 'disk', 'the disk of metrics is not attached');
    expect(machine.read('calls')).not.toMatch(/mkfs|fleet-prometheus /);
  });

  test('a secret', async () => {
    const { machine } = await watching();
    machine.storage.objects.delete(
      '/v1/projects/example-project/secrets/fleet-prod-pager-key/versions/latest:access',
    );
    await machine.boot();
    await saysSo(machine, 'inputs', 'cannot read secret fleet-prod-pager-key');
  });
});
