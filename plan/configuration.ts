import { listAt, objectAt } from './plan-json.ts';
import type { Values } from './view.ts';

/** What the configuration of a plan says of resources: which arguments they have, and what those refer to. */
export class Configuration {
  readonly #resources = new Map<string, Values>();
  readonly #providers: Values;

  constructor(configuration: Values) {
    this.#providers = objectAt(configuration, 'provider_config');
    this.#add(objectAt(configuration, 'root_module'), '');
  }

  /** Whether the configuration says anything for an argument; undefined where it does not know the resource. */
  sets(address: string, argument: string): boolean | undefined {
    const resource = this.#resources.get(withoutKeys(address));
    return resource === undefined ? undefined : argument in objectAt(resource, 'expressions');
  }

  /** Whether a nested block of a resource says anything for an argument. */
  setsInside(address: string, block: string, argument: string): boolean | undefined {
    const resource = this.#resources.get(withoutKeys(address));
    if (resource === undefined) return undefined;
    const blocks = [objectAt(resource, 'expressions')[block]].flat();
    return blocks.some((inner) => typeof inner === 'object' && inner !== null && argument in inner);
  }

  /** The value of an argument that is no expression. */
  constant(address: string, argument: string): unknown {
    const resource = this.#resources.get(withoutKeys(address));
    return resource === undefined
      ? undefined
      : objectAt(objectAt(resource, 'expressions'), argument).constant_value;
  }

  /** Addresses of the resources that an argument refers to, without keys. */
  references(address: string, argument: string): readonly string[] {
    const resource = this.#resources.get(withoutKeys(address));
    if (resource === undefined) return [];
    const prefix = modulePrefix(withoutKeys(address));
    return referencesIn(objectAt(resource, 'expressions')[argument]).map((reference) => prefix + reference);
  }

  /** Constant arguments of providers, by `aws.region`. */
  get providerConstants(): ReadonlyMap<string, unknown> {
    const constants = new Map<string, unknown>();
    for (const [provider, config] of Object.entries(this.#providers)) {
      const expressions = objectAt(objectAt({ config }, 'config'), 'expressions');
      for (const argument of Object.keys(expressions)) {
        const expression = objectAt(expressions, argument);
        if ('constant_value' in expression)
          constants.set(`${provider}.${argument}`, expression.constant_value);
      }
    }
    return constants;
  }

  #add(module: Values, prefix: string): void {
    for (const resource of listAt(module, 'resources'))
      this.#resources.set(`${prefix}${String(resource.address)}`, resource);
    for (const [name, call] of Object.entries(objectAt(module, 'module_calls')))
      this.#add(objectAt(objectAt({ call }, 'call'), 'module'), `${prefix}module.${name}.`);
  }
}

/** `module.a["x"].aws_instance.b[0]` → `module.a.aws_instance.b` */
export function withoutKeys(address: string): string {
  return address.includes('[') ? address.replace(/\[(?:"(?:[^"\\]|\\.)*"|\d+)\]/g, '') : address;
}

function modulePrefix(address: string): string {
  return /^(?:module\.[^.]+\.)*/.exec(address)?.[0] ?? '';
}

function referencesIn(expression: unknown): string[] {
  if (Array.isArray(expression)) return expression.flatMap(referencesIn);
  if (typeof expression !== 'object' || expression === null) return [];
  return Object.entries(expression).flatMap(([key, value]) =>
    key === 'references' && Array.isArray(value)
      ? value.map(String).flatMap(resourceOf)
      : referencesIn(value),
  );
}

function resourceOf(reference: string): string[] {
  const [type = '', name] = withoutKeys(reference).split('.');
  return name === undefined || ['var', 'local', 'each', 'module', 'data', 'path'].includes(type)
    ? []
    : [`${type}.${name}`];
}
