import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { lineOf } from '../contracts/line-of.ts';
import { nearest } from '../contracts/nearest.ts';

/** The repository's settings, read from the base of a pull request and from nowhere else. */
export const SETTINGS_FILE = '.fleet-review.yaml';

/** From what must be looked at to what may. */
export const SEVERITIES = ['blocker', 'major', 'minor', 'nit'] as const;
export type Severity = (typeof SEVERITIES)[number];

const patterns = z.array(z.string().min(1).max(200)).max(100);

const SettingsSchema = z.strictObject({
  model: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('Model that is asked. Default: what the service or --model says.'),
  drafts: z.boolean().default(false).describe('Review drafts too.'),
  ignore: patterns.default([]).describe('Generated files, beside those that are known to be.'),
  tokensPerFile: z
    .int()
    .min(500)
    .max(100_000)
    .default(8_000)
    .describe('Tokens of one file’s diff that are read; the rest is named.'),
  tokens: z
    .int()
    .min(1_000)
    .max(1_000_000)
    .default(60_000)
    .describe('Tokens of the whole diff that are read; the rest is named.'),
  review: z
    .strictObject({
      enabled: z.boolean().default(true),
      severity: z.enum(SEVERITIES).default('minor').describe('The least that is worth a comment.'),
      comments: z
        .int()
        .min(1)
        .max(100)
        .default(20)
        .describe('Most comments for one push; the gravest are written.'),
    })
    .prefault({}),
  docs: z
    .strictObject({
      enabled: z.boolean().default(true),
      files: patterns.default(['*.md', 'docs/**/*.md', 'docs/**/*.rst']).describe('Documentation.'),
    })
    .prefault({}),
  tests: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Write tests. They go to a branch of their own.'),
      files: patterns.default([]).describe('Where tests are, and the only place where they are written.'),
      command: z
        .string()
        .max(500)
        .optional()
        .describe('For --run-tests: runs the tests of {files}, in a shell.'),
      prepare: z.string().max(500).optional().describe('For --run-tests: before the first run, in a shell.'),
      links: patterns
        .default([])
        .describe('For --run-tests: ignored folders that are linked in, such as node_modules.'),
    })
    .prefault({}),
});

export type Settings = z.infer<typeof SettingsSchema>;

/** What an editor checks the file by. */
export function settingsSchema(): unknown {
  return z.toJSONSchema(SettingsSchema, { io: 'input' });
}

/** A settings file that says something else than it means. `problems` has all of it. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

/** Reads the settings file; undefined: there is none, all defaults. @throws SettingsError */
export function readSettings(text: string | undefined): Settings {
  const lines = new LineCounter();
  const document = parseDocument(text ?? '{}', { lineCounter: lines, prettyErrors: false });
  const broken = [...document.errors, ...document.warnings].map(
    ({ message, pos }) => `${SETTINGS_FILE}:${lines.linePos(pos[0]).line}: not valid YAML: ${message}`,
  );
  if (broken.length > 0) throw new SettingsError(broken);
  const parsed = SettingsSchema.safeParse(document.toJS({ maxAliasCount: 0 }) ?? {});
  if (parsed.success) return rules(parsed.data);
  const problems = parsed.error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    const line = (keys: readonly string[]) => lineOf(text ?? '', keys);
    if (issue.code !== 'unrecognized_keys')
      return [{ line: line(path), message: `${path.join('.')}: ${issue.message}` }];
    return issue.keys.map((key) => ({
      line: line([...path, key]),
      message: `${[...path, key].join('.')}: unknown key${nearest(key, keysAt(path))}`,
    }));
  });
  throw new SettingsError(
    problems
      .toSorted((a, b) => a.line - b.line)
      .map(({ line, message }) => `${SETTINGS_FILE}:${line}: ${message}`),
  );
}

function rules(settings: Settings): Settings {
  const { enabled, files } = settings.tests;
  if (enabled && files.length === 0)
    throw new SettingsError([
      `${SETTINGS_FILE}: tests.files: is required where tests are enabled; it says where tests may be written, such as test/**`,
    ]);
  return settings;
}

function keysAt([section]: readonly string[]): string[] {
  const { shape } = SettingsSchema;
  if (section === 'review' || section === 'docs' || section === 'tests')
    return Object.keys(shape[section].unwrap().shape);
  return Object.keys(shape);
}
