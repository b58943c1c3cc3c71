/** A type as `terraform providers schema -json` writes it. */
export type ProviderType = string | readonly [kind: string, of: unknown];

export interface ProviderAttribute {
  readonly type?: ProviderType;
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
}

export interface ProviderBlock {
  readonly attributes?: Readonly<Record<string, ProviderAttribute>>;
  readonly block_types?: Readonly<Record<string, { readonly block: ProviderBlock }>>;
}

/** What a provider says of itself and of the resource types that tools are made of, recorded for one version. */
export interface ProviderSchema {
  readonly provider: string;
  /** `hashicorp/aws` */
  readonly source: string;
  readonly version: string;
  readonly settings: ProviderBlock;
  readonly resources: Readonly<Record<string, ProviderBlock>>;
}

/** Finds an attribute: `aws_instance.root_block_device.volume_size`, `provider.region` for one of the provider itself. */
export function attributeAt(
  schemas: readonly ProviderSchema[],
  provider: string,
  path: string,
): ProviderAttribute | undefined {
  const schema = schemas.find((candidate) => candidate.provider === provider);
  const [type = '', ...steps] = path.split('.');
  const attribute = steps.pop() ?? '';
  let block = type === 'provider' ? schema?.settings : schema?.resources[type];
  for (const step of steps) block = block?.block_types?.[step]?.block;
  return block?.attributes?.[attribute];
}
