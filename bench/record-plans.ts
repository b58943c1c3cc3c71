import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import {
  digestOf,
  PLANS,
  type PlanName,
  planPath,
  schemaPath,
  withoutHashes,
} from '../test/support/recorded.ts';
import { CHANGES, type ChangesName, changesPath } from '../test/support/recorded-changes.ts';
import { TerraformFolder } from '../test/support/terraform-folder.ts';
import { providerSchemas } from './provider-schemas.ts';
import { recordChanges } from './record-changes.ts';

/** Plans ask nobody: a token that nobody issued, an engine that answers nothing but a ping. */
const offline = (engine: string) => ({ google: { access_token: 'none' }, docker: { host: engine } });

/** Longer texts are documents of our own, which have no place in a recording. */
const LONGEST_TEXT = 400;

/**
 * Plans the shipped environments for real, with the providers in TF_PLUGIN_DIR: from nothing, and from one edit to the next.
 * Records the plans and the providers' schemas of the resource types in use as fixtures, with digests of the stacks.
 */
export async function recordPlans(): Promise<string> {
  const engine = createServer(({ url }, answer) => {
    answer.writeHead(url?.endsWith('/_ping') === true ? 200 : 404, { 'API-Version': '1.41' }).end();
  }).listen(0, '127.0.0.1');
  await once(engine, 'listening');
  try {
    return await record(offline(`tcp://127.0.0.1:${(engine.address() as AddressInfo).port}`));
  } finally {
    engine.close();
  }
}

async function record(settings: ReturnType<typeof offline>): Promise<string> {
  const schemas = new Map<string, Record<string, unknown>>();
  const lines: string[] = [];
  for (const [name, { provider, synth }] of Object.entries(PLANS)) {
    const stack = synth();
    const folder = new TerraformFolder(settings[provider], provider);
    try {
      folder.write(stack);
      const missing = await folder.init();
      if (missing !== undefined) throw new Error(missing);
      const changes = (await folder.plan('-refresh=false'))
        .map(({ address, action, after }) => ({ address, action, after: trimmed(after) }))
        .toSorted((a, b) => a.address.localeCompare(b.address));
      save(planPath(name as PlanName), { stack: digestOf(stack), changes });
      lines.push(`${name}: ${changes.length} resources`);
      const types = new Set([...stack.resources.keys()].map((address) => address.split('.')[0] ?? ''));
      const { resources } = await providerSchemas(folder, provider, (type) => types.has(type));
      schemas.set(provider, { ...schemas.get(provider), ...resources });
    } finally {
      folder.remove();
    }
  }
  for (const name of Object.keys(CHANGES) as ChangesName[]) {
    const moves = await recordChanges(name);
    save(changesPath(name), moves);
    lines.push(`${name}: ${Object.keys(moves).length} changes of what is there`);
  }
  for (const [provider, resources] of schemas) {
    save(schemaPath(provider), { provider, resources });
    lines.push(`schema of ${provider}: ${Object.keys(resources).length} resource types`);
  }
  return lines.join('\n');
}

/** What is known of a resource, without hashes of documents and long texts of our own. */
function trimmed(value: unknown): unknown {
  if (typeof value === 'string') return value.length > LONGEST_TEXT ? '<text>' : withoutHashes(value);
  if (Array.isArray(value)) return value.map(trimmed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null && !(Array.isArray(inner) && inner.length === 0))
      .map(([key, inner]) => [key, trimmed(inner)]),
  );
}

function save(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(value, null, 1)}\n`);
}
