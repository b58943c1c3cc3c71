const PLACEHOLDER = /\{\{([A-Za-z][A-Za-z0-9]*)\}\}/g;

/**
 * Replaces each `{{name}}` of a template by its value, as it is. Strict: the names in the template and the given
 * variables must be the same set. Only a bare name between the braces is a placeholder; `{{ $labels.job }}` and
 * `${{ github.ref }}` of other template languages pass unchanged.
 * @throws Error naming every placeholder without a variable and every variable without a placeholder
 */
export function render(template: string, variables: Readonly<Record<string, string>>): string {
  const used = new Set(Array.from(template.matchAll(PLACEHOLDER), ([, name]) => name ?? ''));
  const unknown = [...used].filter((name) => !Object.hasOwn(variables, name));
  const unused = Object.keys(variables).filter((name) => !used.has(name));
  const problems = [
    ...(unknown.length > 0 ? [`no value given for ${unknown.join(', ')}`] : []),
    ...(unused.length > 0 ? [`not used in the template: ${unused.join(', ')}`] : []),
  ];
  if (problems.length > 0) throw new Error(`template not rendered: ${problems.join('; ')}`);
  return template.replace(PLACEHOLDER, (_, name: string) => variables[name] ?? '');
}

/** A text for a Terraform string: `${` and `%{` stay text instead of starting an expression or a directive. */
export function escapeTerraform(text: string): string {
  return text.replace(/[$%](?=\{)/g, '$&$&');
}
