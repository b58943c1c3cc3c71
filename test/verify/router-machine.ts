import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { CloudTopology } from '../../constructs/cloud-topology.ts';
import { cloudSection } from '../../contracts/cloud-section.ts';
import { documentsBucket, EGRESS_OBJECT } from '../../contracts/document-objects.ts';
import { PIN } from '../../contracts/headers.ts';
import { ROUTER_OBJECTS } from '../../contracts/router-agent-settings.ts';
import { environmentDocuments } from '../../workloads/documents.ts';
import { routerFiles } from '../../workloads/router-boot.ts';
import { freePorts } from '../cli/support.ts';
import { chat } from '../services/gateway/support/answers.ts';
import { eventually } from '../services/gateway/support/eventually.ts';
import { type FakeUpstream, fakeUpstream } from '../services/gateway/support/fake-upstream.ts';
import { GoogleMachine } from '../support/google-machine.ts';
import { ROOT } from '../support/local-project.ts';
import { PROD_EDITS } from '../support/prod.ts';
import { type Edit, editedEnvironment } from '../support/shipped.ts';
import type { Machine } from '../templates/node/machine.ts';
import { powerOn, SERVING_MS } from '../templates/node/power-on.ts';
import { templates } from '../workloads/node-boot-support.ts';
import { ask, fleetHeaders, HOP_KEY } from '../workloads/router-support.ts';

export const PROJECT = 'example-project';
const ZONES = ['us-central1-a', 'us-central1-c'];
/** What the stand-ins of Google give each identity: the machine, and the two that it acts as. */
export const MACHINE = 'token-of-the-machine';
export const AGENT = 'token-1';
export const EGRESS = 'token-of-the-egress';
export const SECRETS = { 'hop-key': HOP_KEY, 'groq-key': 'the-groq-key' };

export const secretPath = (name: string) =>
  `/v1/projects/${PROJECT}/secrets/fleet-prod-${name}/versions/latest:access`;
export const accountPath = (part: string) =>
  `/v1/projects/-/serviceAccounts/fleet-prod-${part}@${PROJECT}.iam.gserviceaccount.com:generateAccessToken`;

export interface Routing {
  readonly machine: Machine;
  readonly endpoint: FakeUpstream;
  readonly ports: { readonly router: number; readonly agent: number };
  /** Puts the weights document of prod, edited, into the bucket. @returns its version */
  store(...edits: readonly Edit[]): string;
  /** Puts any text there. */
  storeText(text: string): void;
  storeSecret(name: string, value: string): void;
  status(): Promise<Record<string, unknown>>;
  /** A question to the model's release, as the gateway would put it. */
  ask(release: string): ReturnType<typeof ask>;
}

/** A router machine of prod, with its bucket and secrets filled, before its first boot. */
export async function routing(joinSeconds = '15'): Promise<Routing> {
  const [router = 0, admin = 0, agent = 0, egress = 0, egressAdmin = 0] = await freePorts(5);
  const google = new GoogleMachine();
  await google.start();
  onTestFinished(() => google.stop());
  for (const zone of ZONES) google.instances.set(zone, []);
  const endpoint = await fakeUpstream(chat(['hi']));

  const onFreePorts: Edit = (text) =>
    text.replace(
      'router: { key: hop-key }',
      `router: { key: hop-key, port: ${router}, adminPort: ${admin}, agentPort: ${agent} }\negress: { port: ${egress}, adminPort: ${egressAdmin} }`,
    );
  const made = (...edits: readonly Edit[]) => {
    const environment = editedEnvironment('prod', [onFreePorts, PROD_EDITS.vertex, ...edits]);
    const topology = new CloudTopology(
      environment,
      { kind: 'gce', project: PROJECT, zones: ZONES },
      (secret) => ({ env: secret }),
    );
    return { environment, topology, documents: environmentDocuments(environment, topology, templates) };
  };
  const { environment, topology, documents } = made();
  const machine = await powerOn({
    files: routerFiles({ environment, topology, templates }),
    localDisks: 0,
    env: {
      FLEET_REFRESH_SECONDS: '0.3',
      FLEET_INPUT_SECONDS: '1',
      FLEET_JOIN_SECONDS: joinSeconds,
      ...Object.fromEntries(Object.entries(google.env()).map(([name, value]) => [name, value ?? ''])),
      // Programs that ask who the machine is get no answer.
      GCE_METADATA_HOST: '127.0.0.1:1',
    },
  });
  const { objects } = machine.storage;
  const store = (path: string, value: unknown) => objects.set(path, Buffer.from(JSON.stringify(value)));
  const storeSecret = (name: string, value: string) =>
    void store(secretPath(name), { payload: { data: Buffer.from(value).toString('base64') } });
  for (const [name, value] of Object.entries(SECRETS)) storeSecret(name, value);
  for (const [part, accessToken] of [
    ['router-agent', AGENT],
    ['egress', EGRESS],
  ])
    store(accountPath(part ?? ''), {
      accessToken,
      expireTime: new Date(Date.now() + 3_600_000).toISOString(),
    });

  // Containers see folders of the machine under other names, and endpoints are elsewhere.
  const seen = (text: string, part: 'router' | 'egress') =>
    text
      .replaceAll('/run/fleet/secrets', `${machine.root}/run/fleet/inputs/${part}`)
      .replaceAll('/var/lib/fleet/router', `${machine.root}/run/fleet/router`)
      .replaceAll(/"url": ?"https:[^"]*"/g, `"url": "${endpoint.url}/v1"`);
  machine.write('etc/fleet/router-agent.json', seen(machine.read('etc/fleet/router-agent.json'), 'router'));
  const bucket = documentsBucket('prod', cloudSection(environment) ?? expect.fail());
  objects.set(`/${bucket}/${EGRESS_OBJECT}`, Buffer.from(seen(documents.egress?.text ?? '', 'egress')));
  google.put(bucket, ROUTER_OBJECTS.servers, documents.servers.text);
  machine.write(
    'app/nginx.sh',
    seen(readFileSync(join(ROOT, 'templates/docker/nginx.sh'), 'utf8'), 'router'),
  );

  const storeText = (text: string) => google.put(bucket, ROUTER_OBJECTS.document, text);
  return {
    ...{ machine, endpoint, storeSecret, storeText, ports: { router, agent } },
    store(...edits) {
      const { text, version } = made(...edits).documents.weights;
      storeText(text);
      return version;
    },
    status: async () =>
      (await (await fetch(`http://127.0.0.1:${agent}/status`)).json()) as Record<string, unknown>,
    ask: (release) =>
      ask(router, {
        path: '/v1/chat/completions',
        body: JSON.stringify({ model: 'gpt-oss-120b', messages: [] }),
        headers: fleetHeaders('gpt-oss-120b', { [PIN]: release }),
      }),
  };
}

export const serves = ({ machine, status }: Routing, version: string) =>
  eventually(async () => {
    expect(await status()).toMatchObject({ state: 'applied', version });
    expect(machine.units.stateOf('fleet-join.service')).toBe('active');
  }, SERVING_MS);

/** The machine, once it serves the weights document of prod. */
export async function booted(): Promise<Routing & { readonly version: string }> {
  const place = await routing();
  const version = place.store();
  await place.machine.boot();
  await serves(place, version);
  return { ...place, version };
}
