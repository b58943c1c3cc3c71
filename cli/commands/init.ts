import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODEL_CATALOGUE } from '../../contracts/model-catalogue.ts';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { isPlaceholder } from '../../contracts/placeholder.ts';
import type { ApiKey } from '../../contracts/secret.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { type InitAnswers, initText, keysFile } from '../init-document.ts';
import { complete, type InitFlags } from '../init-questions.ts';
import { checkEnvironmentName, environmentFile, hasEnvironment } from '../project.ts';

export interface InitResult {
  readonly environment: string;
  /** Files that were written, seen from the project's folder. */
  readonly files: readonly string[];
  /** What to do now, in order. */
  readonly next: readonly string[];
}

/**
 * Writes a new environment file. Never overwrites one.
 * @throws UsageError when it exists already or flags are missing, EnvironmentError when the answers do not fit together
 */
export async function init(name: string, flags: InitFlags, context: Context): Promise<InitResult> {
  const { project, ask } = context;
  const file = environmentFile(checkEnvironmentName(name));
  if (hasEnvironment(project, name))
    throw new UsageError(`${file} exists already; fleet init overwrites nothing`);
  const answers = await complete(name, flags, ask);
  const text = initText(answers);
  parseEnvironment({ path: file, text });
  mkdirSync(join(project, 'environments'), { recursive: true });
  writeFileSync(join(project, file), text, { flag: 'wx' });
  const keys = writeDevelopmentKey(answers, project);
  return { environment: name, files: [file, ...keys], next: nextSteps(answers, text) };
}

/** On one's own hosts, class development: the key `local`, which is no secret. */
function writeDevelopmentKey(
  { name, class: environmentClass, platform }: InitAnswers,
  project: string,
): string[] {
  const file = keysFile(name);
  const local = platform === 'process' || platform === 'docker';
  if (!local || environmentClass !== 'development' || existsSync(join(project, file))) return [];
  const sha256 = createHash('sha256').update('local').digest('hex');
  const keys: readonly ApiKey[] = [{ id: 'local', sha256, pin: true }];
  writeFileSync(join(project, file), `${JSON.stringify(keys, null, 2)}\n`);
  return [file];
}

function nextSteps(answers: InitAnswers, text: string): string[] {
  const { name, class: environmentClass, platform } = answers;
  const deploy = `fleet up ${name}`;
  if (platform === 'google' || platform === 'aws') return [...cloudSteps(answers, text), deploy];
  if (environmentClass === 'development') return [deploy];
  const hashes = 'a JSON list of {"id", "sha256", "pin"}, one for each API key';
  return [`write ${keysFile(name)} (${hashes}) and .fleet/${name}/secrets/hop-key (a random text)`, deploy];
}

function cloudSteps({ name, models, weightsBucket }: InitAnswers, text: string): string[] {
  const open = text.split(/\s+/).filter(isPlaceholder);
  const own = models.filter((model) => MODEL_CATALOGUE[model]?.weights !== undefined);
  return [
    ...(open.length === 0
      ? []
      : [
          `replace in ${environmentFile(name)}: ${open.join(', ')} (fleet doctor ${name} names what there is)`,
        ]),
    `openssl rand -base64 32 | fleet secret set ${name} hop-key`,
    `fleet key create first ${name}`,
    ...(weightsBucket === undefined ? [] : own.map((model) => `fleet weights push ${name} ${model}`)),
    `fleet doctor ${name}`,
  ];
}
