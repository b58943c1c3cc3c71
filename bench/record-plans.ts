import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import type { Block } from '../test/support/provider-schema.ts';
import {
  digestOf,
  PLANS,
  type PlanName,
  planPath,
  schemaPath,
  withoutHashes,
} from '../test/support/recorded.ts';
import { TerraformFolder } from '../test/support/terraform-folder.ts';

/** Plans ask nobody: a token that nobody issued, an engine that answers nothing but a ping. */
const offline = (engine: string) => ({ google: { access_token: 'none' }, docker: { host: engine } });

/** Longer texts are documents of our own, which have no place in a recording. */
const LONGEST_TEXT = 400;

interface Schemas {
  readonly provider_schemas: Readonly<
    Record<string, { readonly resource_schemas?: Readonly<Record<string, { readonly block: Block }>> }>
  >;
}

/**
 * Plans the shipped environments for real, with the providers in TF_PLUGIN_DIR, and records the plans and the providers'
 * schemas of the resource types in use as fixtures, each plan with the digest of the stack that it is of.
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
      const { stdout } = await folder.run('providers', 'schema', '-json');
      const { provider_schemas: all } = JSON.parse(stdout) as Schemas;
      const types = new Set([...stack.resources.keys()].map((address) => address.split('.')[0] ?? ''));
      const resources = Object.entries(all)
        .filter(([source]) => source.endsWith(`/${provider}`))
        .flatMap(([, { resource_schemas: known = {} }]) => Object.entries(known))
        .filter(([type]) => types.has(type))
        .map(([type, { block }]) => [type, bare(block)] as const);
      schemas.set(provider, { ...schemas.get(provider), ...Object.fromEntries(resources) });
    } finally {
      folder.remove();
    }
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

/** A schema without its prose. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !(PROSE.has(key) && typeof inner !== 'object'))
      .map(([key, inner]) => [key, bare(inner)]),
  );
}
const PROSE = new Set([
  'description',
  'description_kind',
  'sensitive',
  'deprecated',
  'deprecation_message',
  'version',
]);

function save(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(value, null, 1)}\n`);
}
