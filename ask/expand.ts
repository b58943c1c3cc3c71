import { applies, type Call, itemsOf, type NamedCall, named, nameOf, resourceNames } from './calls.ts';
import type { Body, Configuration, ProviderSettings, RequiredProvider, Resource } from './configuration.ts';
import type { ProviderSchema } from './provider-schema.ts';
import { References } from './references.ts';
import type { BlockRule, BodyRule, Value } from './tool.ts';
import { expressionOf, type Scope } from './values.ts';

export interface Expanded {
  readonly configuration: Configuration;
  /** References that lead nowhere, a line each. */
  readonly problems: readonly string[];
}

/** Turns the calls of one request into resources. */
export function expand(calls: readonly Call[], schemas: readonly ProviderSchema[]): Expanded {
  const all = named(calls);
  const references = new References(all);
  const problems: string[] = [];
  const scopeOf = (call: NamedCall): Scope => ({
    call,
    references,
    problem: (text) => {
      const line = `${call.tool.name} ${nameOf(call)}: ${text}`;
      if (!problems.includes(line)) problems.push(line);
    },
  });
  const resources = all.flatMap((call) => resourcesOf(call, scopeOf(call)));
  const settings = all.flatMap((call) => settingsOf(call, scopeOf(call)));
  const providers = new Set(calls.map(({ tool }) => tool.provider));
  const required = schemas
    .filter(({ provider }) => providers.has(provider as Call['tool']['provider']))
    .map(requirement);
  return { configuration: { required, settings, resources }, problems };
}

/** The recorded version, and whatever later one does not break it. */
function requirement({ provider, source, version }: ProviderSchema): RequiredProvider {
  return { name: provider, source, version: `~> ${version.split('.').slice(0, 2).join('.')}` };
}

function resourcesOf(call: NamedCall, scope: Scope): Resource[] {
  return call.tool.resources.flatMap((rule) => {
    const items = itemsOf(call, rule.each);
    return resourceNames(call, rule).map((name, index) => ({
      type: rule.type,
      name,
      tool: call.tool.name,
      why: rule.why,
      body: bodyOf(rule.body, { ...scope, item: items[index], itemPath: `${rule.each}.${index}` }),
    }));
  });
}

function settingsOf(call: NamedCall, scope: Scope): ProviderSettings[] {
  const { settings, provider } = call.tool;
  return settings === undefined ? [] : [{ provider, why: settings.why, body: bodyOf(settings.body, scope) }];
}

function bodyOf(body: BodyRule, scope: Scope): Body {
  return Object.entries(body).flatMap(([name, rule]): Body => {
    if (isBlock(rule)) return blocksOf(name, [rule], scope);
    if (isBlocks(rule)) return blocksOf(name, rule, scope);
    const found = expressionOf(rule, scope);
    return found === undefined ? [] : [{ kind: 'attribute', name, ...found }];
  });
}

function blocksOf(name: string, rules: readonly BlockRule[], scope: Scope): Body {
  return rules
    .filter(({ when }) => applies(scope.call, when))
    .flatMap(({ block, each, why }) =>
      itemsOf(scope.call, each).map((item, index) => ({
        kind: 'block' as const,
        name,
        why,
        body: bodyOf(block, each === undefined ? scope : { ...scope, item, itemPath: `${each}.${index}` }),
      })),
    );
}

function isBlock(rule: Value | BlockRule | readonly BlockRule[]): rule is BlockRule {
  return 'block' in rule;
}

function isBlocks(rule: Value | readonly BlockRule[]): rule is readonly BlockRule[] {
  return Array.isArray(rule);
}
