import type { Format } from './formats.ts';

export type Constant = string | number | boolean;

/** Something made elsewhere in the same request, or that is there already. */
export interface ReferenceRule {
  /** Types that it may be, and what of each is used. */
  readonly to: readonly { readonly type: string; readonly attribute: string }[];
  /** What names one that is there already. */
  readonly existing: Format;
  /** Whether `NAME/*` means what is in it. */
  readonly contents?: true;
}

/** One argument that the model may fill. Its type is the provider's, unless `type` says otherwise. */
export interface ArgumentRule {
  /** The provider's attribute: `aws_s3_bucket.bucket`, `provider.region`. */
  readonly from?: string;
  /** For what is no attribute of the provider. */
  readonly type?: 'bool' | 'number' | 'string' | 'strings' | 'items';
  readonly description: string;
  readonly required?: true;
  /** What is taken where the request says nothing, and `why`. */
  readonly default?: Constant;
  readonly why?: string;
  /** Of a text, of each text of a list, or of the values of a map. @default - one line */
  readonly format?: Format;
  /** Of the keys of a map. @default - one line */
  readonly keys?: Format;
  readonly choices?: readonly (string | number)[];
  readonly least?: number;
  readonly most?: number;
  readonly refersTo?: ReferenceRule;
  /** Arguments of each item, for type `items`. */
  readonly items?: Arguments;
}

export type Arguments = Readonly<Record<string, ArgumentRule>>;

/** Where the value of an attribute comes from. */
export type Value =
  /** What the model filled, else the argument's default, else nothing. */
  | { readonly argument: string }
  /** The same of the item at hand. */
  | { readonly item: string }
  | { readonly fixed: Constant | readonly Constant[]; readonly why?: string }
  /** Another resource of the same call, by its type. */
  | { readonly of: string; readonly attribute: string }
  | { readonly template: readonly Value[]; readonly why?: string }
  | { readonly list: readonly Value[]; readonly why?: string }
  | { readonly map: Readonly<Record<string, Value>>; readonly why?: string }
  | { readonly json: Value; readonly why?: string }
  /** One value for each item of an argument. */
  | { readonly each: string; readonly value: Value; readonly why?: string };

/** Attributes and blocks by name; a list for several blocks of one name. */
export type BodyRule = Readonly<Record<string, Value | BlockRule | readonly BlockRule[]>>;

/** A nested block; with `each` one for every item of an argument. */
export interface BlockRule {
  readonly block: BodyRule;
  readonly each?: string;
  readonly when?: string;
  readonly why?: string;
}

export interface ResourceRule {
  readonly type: string;
  readonly why: string;
  /** Name of a second one of its type in the same call: `of: 'aws_sqs_queue#failed'`. */
  readonly as?: string;
  /** Only where this argument is true, or has something in it; `ARGUMENT=TEXT`: only where it is that. */
  readonly when?: string;
  /** One for every item of an argument; their names are numbered. */
  readonly each?: string;
  readonly body: BodyRule;
}

/** What the model may ask for. A small record: which arguments it fills, and what the toolkit writes for them. */
export interface Tool {
  readonly name: string;
  readonly provider: 'aws' | 'google';
  readonly description: string;
  readonly arguments: Arguments;
  /** The argument that names what is made; absent for settings of the provider. */
  readonly named?: string;
  readonly resources: readonly ResourceRule[];
  /** Settings of the provider itself. */
  readonly settings?: { readonly why: string; readonly body: Readonly<Record<string, Value>> };
}
