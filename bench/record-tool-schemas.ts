import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { resourceTypes } from '../ask/catalogue.ts';
import type { ProviderSchema } from '../ask/provider-schema.ts';
import { ROOT } from '../test/support/local-project.ts';
import type { Block } from '../test/support/provider-schema.ts';
import { TerraformFolder } from '../test/support/terraform-folder.ts';
import { providerSchemas } from './provider-schemas.ts';

/** Settings of a provider that a request may ask for. */
const SETTINGS = ['region', 'project'];

/** The versions that tools are made of; both have to be in TF_PLUGIN_DIR. */
const VERSIONS = { aws: '5.100.0', google: '6.50.0' } as const;

/** Records what the providers say of the resource types that `fleet ask` writes, as ask/schemas/*.json. */
export async function recordToolSchemas(): Promise<string> {
  const lines: string[] = [];
  for (const provider of ['aws', 'google'] as const) {
    const folder = new TerraformFolder({}, provider);
    try {
      const version = VERSIONS[provider];
      const json = {
        terraform: { required_providers: { [provider]: { source: `hashicorp/${provider}`, version } } },
      };
      folder.write({ json, resources: new Map(), files: new Map() });
      const missing = await folder.init();
      if (missing !== undefined) throw new Error(missing);
      const types = new Set(resourceTypes(provider));
      const { settings, resources } = await providerSchemas(folder, provider, (type) => types.has(type));
      const absent = [...types].filter((type) => !(type in resources));
      if (absent.length > 0) throw new Error(`${provider} ${version} has no ${absent.join(', ')}`);
      save(join(ROOT, 'ask/schemas', `${provider}.json`), {
        provider,
        source: `hashicorp/${provider}`,
        version,
        settings: { attributes: only(settings.attributes) },
        resources,
      });
      lines.push(`${provider} ${version}: ${types.size} resource types`);
    } finally {
      folder.remove();
    }
  }
  return lines.join('\n');
}

function only(attributes: Block['attributes'] = {}): Block['attributes'] {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => SETTINGS.includes(name)));
}

/** One line for each resource type, so that a change of a version reads well in a diff. */
function save(path: string, { resources, ...head }: ProviderSchema): void {
  const start = JSON.stringify(head).slice(0, -1);
  const lines = Object.entries(resources).map(
    ([type, block]) => `${JSON.stringify(type)}:${JSON.stringify(block)}`,
  );
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${start},"resources":{\n${lines.join(',\n')}\n}}\n`);
}
