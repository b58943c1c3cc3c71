import { parse } from 'yaml';
import { ServerOptionsError } from './server-options.ts';

/**
 * Puts the flags of `--config FILE` where vLLM does: after the model, before the other flags, which go before them.
 *
 * @param read gives a file's text
 */
export function expandConfigFile(args: readonly string[], read: (path: string) => string): string[] {
  const at = args.indexOf('--config');
  if (at < 0) return [...args];
  const path = args[at + 1];
  if (path === undefined)
    throw new ServerOptionsError('No config file specified! Please check your command-line arguments.');
  const values: unknown = parse(read(path));
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new ServerOptionsError(`${path}: must be a mapping of flags`);
  }
  const [command = 'serve', first] = args;
  const hasModel = first !== undefined && !first.startsWith('-');
  const entries = Object.entries(values).filter(([name]) => !(name === 'model' && hasModel));
  const given = entries.flatMap(([name, value]) => {
    if (value === false) return [];
    if (value === true) return [`--${name}`];
    if (Array.isArray(value)) return [`--${name}`, ...value.map(String)];
    return [`--${name}`, typeof value === 'object' ? JSON.stringify(value) : String(value)];
  });
  const rest = args.filter((_, index) => index > (hasModel ? 1 : 0) && index !== at && index !== at + 1);
  return [command, ...(hasModel ? [first] : []), ...given, ...rest];
}
