/** A value as Terraform evaluates it. The toolkit makes these; a text of the model is never more than a text in one of them. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'reference'; readonly address: string; readonly attribute: string }
  /** Texts and references, one after the other. */
  | { readonly kind: 'template'; readonly parts: readonly Expression[] }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [key: string, value: Expression])[] }
  /** A JSON text, such as an IAM policy. */
  | { readonly kind: 'json'; readonly value: Expression };

/** Who decided on a value: the model, from the request; a default that the request may change; the toolkit, always. */
export type Origin = 'request' | 'default' | 'toolkit';

export interface Attribute {
  readonly kind: 'attribute';
  readonly name: string;
  readonly value: Expression;
  readonly origin: Origin;
  /** One sentence of the toolkit's own. */
  readonly why?: string;
}

export interface Block {
  readonly kind: 'block';
  readonly name: string;
  readonly body: Body;
  readonly why?: string;
}

/** Attributes and blocks in the order in which they are printed. */
export type Body = readonly (Attribute | Block)[];

export interface Resource {
  readonly type: string;
  readonly name: string;
  readonly body: Body;
  /** The tool that made it. */
  readonly tool: string;
  readonly why: string;
}

/** Settings of a provider that the request asks for. */
export interface ProviderSettings {
  readonly provider: string;
  readonly body: Body;
  readonly why: string;
}

export interface RequiredProvider {
  readonly name: string;
  /** `hashicorp/aws` */
  readonly source: string;
  /** `~> 5.100` */
  readonly version: string;
}

/** One Terraform module, before it is text. */
export interface Configuration {
  readonly required: readonly RequiredProvider[];
  readonly settings: readonly ProviderSettings[];
  readonly resources: readonly Resource[];
}

export function addressOf({ type, name }: Pick<Resource, 'type' | 'name'>): string {
  return `${type}.${name}`;
}

export function literal(value: string | number | boolean): Expression {
  return { kind: 'literal', value };
}
