import { addressOf, type Body, type Configuration, type Origin } from './configuration.ts';
import { expressionJson } from './terraform-json.ts';

export interface ExplainedAttribute {
  /** `rule.0.apply_server_side_encryption_by_default.0.sse_algorithm` */
  readonly path: string;
  /** As in Terraform's JSON syntax. */
  readonly value: unknown;
  readonly origin: Origin;
  readonly why?: string;
}

export interface ExplainedResource {
  readonly address: string;
  readonly tool: string;
  readonly why: string;
  readonly attributes: readonly ExplainedAttribute[];
}

/** Where every value comes from, and why. From the toolkit's own data, never from what a model says. */
export function explained({ resources }: Configuration): ExplainedResource[] {
  return resources.map((resource) => ({
    address: addressOf(resource),
    tool: resource.tool,
    why: resource.why,
    attributes: attributesOf(resource.body, ''),
  }));
}

function attributesOf(body: Body, path: string): ExplainedAttribute[] {
  const counts = new Map<string, number>();
  return body.flatMap((item) => {
    if (item.kind === 'attribute') {
      const { name, value, origin, why } = item;
      return [
        {
          path: `${path}${name}`,
          value: expressionJson(value),
          origin,
          ...(why === undefined ? {} : { why }),
        },
      ];
    }
    const index = counts.get(item.name) ?? 0;
    counts.set(item.name, index + 1);
    return attributesOf(item.body, `${path}${item.name}.${index}.`);
  });
}
