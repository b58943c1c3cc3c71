import type { Rule, Rules } from './rules-support.ts';

/** What a rule is called: alerts by name, recorded series by name and labels, since constants share names. */
export function nameOf({ alert, record, labels }: Rule): string {
  return alert ?? `${record}${labels === undefined ? '' : JSON.stringify(labels)}`;
}

/** The rules whose results a text asks for, by name, and those that these are worked out from. */
export function rulesNeededBy(text: string, { groups }: Rules): Rules {
  const all = groups.flatMap(({ rules }) => rules);
  const needed = new Set<Rule>();
  const visit = (asked: string) => {
    for (const rule of all) {
      const name = rule.alert ?? rule.record ?? '';
      if (needed.has(rule) || !mentions(asked, name)) continue;
      needed.add(rule);
      visit(rule.expr);
    }
  };
  visit(text);
  return only({ groups }, (rule) => needed.has(rule));
}

/** Without the rules that do not pass, and without the groups that are left empty. */
export function only({ groups }: Rules, keep: (rule: Rule) => boolean): Rules {
  return {
    groups: groups
      .map((group) => ({ ...group, rules: group.rules.filter(keep) }))
      .filter(({ rules }) => rules.length > 0),
  };
}

/** Names of metrics have colons in them, so that `release:tokens` is no mention of `tokens`. */
function mentions(text: string, name: string): boolean {
  return new RegExp(`(?<![\\w:])${name}(?![\\w:])`).test(text);
}
