import type { Block } from '../test/support/provider-schema.ts';
import type { TerraformFolder } from '../test/support/terraform-folder.ts';

interface ProviderSchemas {
  readonly provider?: { readonly block: Block };
  readonly resource_schemas?: Readonly<Record<string, { readonly block: Block }>>;
}

interface Schemas {
  readonly provider_schemas: Readonly<Record<string, ProviderSchemas>>;
}

/** What a provider says of itself and of some of its resource types, without its prose. */
export interface BareSchemas {
  /** `registry.terraform.io/hashicorp/aws` */
  readonly source: string;
  readonly settings: Block;
  readonly resources: Readonly<Record<string, Block>>;
}

/** Asks Terraform in an initialized folder for the schemas of a provider, and keeps the types that are wanted. */
export async function providerSchemas(
  folder: TerraformFolder,
  provider: string,
  isWanted: (type: string) => boolean,
): Promise<BareSchemas> {
  const { code, stdout, stderr } = await folder.run('providers', 'schema', '-json');
  if (code !== 0) throw new Error(stderr);
  const { provider_schemas: all } = JSON.parse(stdout) as Schemas;
  const [entry] = Object.entries(all).filter(([source]) => source.endsWith(`/${provider}`));
  if (entry === undefined) throw new Error(`no schema of provider ${provider}`);
  const [source, { provider: own, resource_schemas: known = {} }] = entry;
  const resources = Object.entries(known)
    .filter(([type]) => isWanted(type))
    .map(([type, { block }]) => [type, bare(block) as Block] as const);
  return { source, settings: bare(own?.block ?? {}) as Block, resources: Object.fromEntries(resources) };
}

const PROSE = new Set([
  'description',
  'description_kind',
  'sensitive',
  'deprecated',
  'deprecation_message',
  'version',
]);

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
