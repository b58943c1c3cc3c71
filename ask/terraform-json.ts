import { addressOf, type Body, type Configuration, type Expression } from './configuration.ts';
import { templateText, templateTextBefore } from './texts.ts';

type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

/** The configuration in Terraform's JSON syntax, which the plan checks read. */
export function terraformJsonOf({
  required,
  settings,
  resources,
}: Configuration): Readonly<Record<string, Json>> {
  const types = [...new Set(resources.map(({ type }) => type))];
  return {
    terraform: {
      required_providers: Object.fromEntries(
        required.map(({ name, source, version }) => [name, { source, version }]),
      ),
    },
    ...(settings.length === 0
      ? {}
      : { provider: Object.fromEntries(settings.map(({ provider, body }) => [provider, [bodyJson(body)]])) }),
    resource: Object.fromEntries(
      types.map((type) => [
        type,
        Object.fromEntries(
          resources
            .filter((resource) => resource.type === type)
            .map(({ name, body }) => [name, bodyJson(body)]),
        ),
      ]),
    ),
  };
}

/** Arguments of each resource as Terraform will read them, by address. */
export function argumentsOf({
  resources,
}: Configuration): ReadonlyMap<string, Readonly<Record<string, Json>>> {
  return new Map(resources.map((resource) => [addressOf(resource), bodyJson(resource.body)]));
}

function bodyJson(body: Body): Readonly<Record<string, Json>> {
  const json: Record<string, Json> = {};
  for (const item of body) {
    if (item.kind === 'attribute') json[item.name] = expressionJson(item.value);
    else json[item.name] = [...((json[item.name] as Json[] | undefined) ?? []), bodyJson(item.body)];
  }
  return json;
}

export function expressionJson(value: Expression): Json {
  switch (value.kind) {
    case 'literal':
      return typeof value.value === 'string' ? templateText(value.value) : value.value;
    case 'reference':
      return `\${${value.address}.${value.attribute}}`;
    case 'template':
      return value.parts.map(templatePart).join('');
    case 'list':
      return value.items.map(expressionJson);
    case 'map':
      return Object.fromEntries(
        value.entries.map(([key, inner]) => [templateText(key), expressionJson(inner)]),
      );
    case 'json':
      return JSON.stringify(expressionJson(value.value));
  }
}

function templatePart(part: Expression): string {
  return part.kind === 'literal' && typeof part.value === 'string'
    ? templateTextBefore(part.value)
    : String(expressionJson(part));
}
