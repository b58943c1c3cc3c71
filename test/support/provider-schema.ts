type Type = string | readonly [kind: string, of: Type | Readonly<Record<string, Type>>];

/** An attribute as `terraform providers schema -json` says it. */
export interface SchemaAttribute {
  readonly type?: Type;
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
}

/** A block as `terraform providers schema -json` says it. */
export interface Block {
  readonly attributes?: Readonly<Record<string, SchemaAttribute>>;
  readonly block_types?: Readonly<Record<string, NestedBlock>>;
}

export interface NestedBlock {
  readonly nesting_mode: string;
  readonly min_items?: number;
  readonly max_items?: number;
  readonly block: Block;
}

/** Terraform's own, in every resource. */
const META = new Set([
  'lifecycle',
  'depends_on',
  'provider',
  'for_each',
  'count',
  'provisioner',
  'connection',
]);

type Values = Readonly<Record<string, unknown>>;

/** What a provider would refuse in a resource, or in one of its blocks: unknown, missing, read-only, ill-typed, too many. */
export function schemaProblems(block: Block, values: Values, path: string, nested = false): string[] {
  const { attributes = {}, block_types: blocks = {} } = block;
  const given = Object.entries(values).filter(
    ([name, value]) => value !== undefined && value !== null && (nested || !META.has(name)),
  );
  const names = new Set(given.map(([name]) => name));
  const missing = [
    ...Object.entries(attributes).filter(([, { required }]) => required === true),
    ...Object.entries(blocks).filter(([, { min_items: least = 0 }]) => least > 0),
  ].flatMap(([name]) => (names.has(name) ? [] : [`${path}.${name}: is required`]));
  return [
    ...missing,
    ...given.flatMap(([name, value]) => {
      const where = `${path}.${name}`;
      const attribute = attributes[name];
      const inner = blocks[name];
      if (attribute !== undefined) return attributeProblems(attribute, value, where);
      return inner === undefined ? [`${where}: is unknown`] : blockProblems(inner, value, where);
    }),
  ];
}

function attributeProblems({ type, required, optional }: SchemaAttribute, value: unknown, where: string) {
  if (required !== true && optional !== true) return [`${where}: is read-only`];
  return type === undefined || fits(type, value)
    ? []
    : [`${where}: must be ${JSON.stringify(type)}, got ${JSON.stringify(value)}`];
}

function blockProblems(
  { nesting_mode: mode, min_items: least = 0, max_items: most, block }: NestedBlock,
  value: unknown,
  where: string,
): string[] {
  const items = Array.isArray(value) ? value : [value];
  const limit = mode === 'single' ? 1 : (most ?? 0);
  const count =
    items.length < least || (limit > 0 && items.length > limit)
      ? [`${where}: takes ${least} to ${limit === 0 ? 'any number of' : limit} blocks, got ${items.length}`]
      : [];
  return [
    ...count,
    ...items.flatMap((item, index) =>
      isMapping(item)
        ? schemaProblems(block, item, `${where}[${index}]`, true)
        : [`${where}: must be a block, got ${JSON.stringify(item)}`],
    ),
  ];
}

/** As loosely as Terraform converts: numbers and booleans may be texts, and texts numbers. */
function fits(type: Type, value: unknown): boolean {
  if (typeof value === 'string' && value.includes('${')) return true;
  if (typeof type === 'string') return fitsPrimitive(type, value);
  const [kind, of] = type;
  if (kind === 'list' || kind === 'set')
    return Array.isArray(value) && value.every((item) => fits(of as Type, item));
  if (kind === 'map') return isMapping(value) && Object.values(value).every((item) => fits(of as Type, item));
  const fields = of as Readonly<Record<string, Type>>;
  return (
    isMapping(value) &&
    Object.entries(value).every(
      ([name, item]) => fields[name] !== undefined && (item === null || fits(fields[name], item)),
    )
  );
}

function fitsPrimitive(type: string, value: unknown): boolean {
  switch (type) {
    case 'string':
      return ['string', 'number', 'boolean'].includes(typeof value);
    case 'number':
      return (
        typeof value === 'number' ||
        (typeof value === 'string' && value !== '' && !Number.isNaN(Number(value)))
      );
    case 'bool':
      return typeof value === 'boolean' || value === 'true' || value === 'false';
    default:
      return true;
  }
}

function isMapping(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
