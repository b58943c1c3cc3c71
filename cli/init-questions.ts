import { MODEL_CATALOGUE } from '../contracts/model-catalogue.ts';
import { UsageError } from './errors.ts';
import type { InitAnswers } from './init-document.ts';

/** What was given on the command line: every flag a text, lists with commas. */
export type InitFlags = Partial<Readonly<Record<Flag, string>>>;

type Flag =
  | 'class'
  | 'platform'
  | 'models'
  | 'googleProject'
  | 'awsAccount'
  | 'stateBucket'
  | 'region'
  | 'zones'
  | 'nodeImage'
  | 'vllmImage'
  | 'weightsBucket'
  | 'gatewayImage'
  | 'routerImage'
  | 'prometheusImage'
  | 'certificate';

interface Question {
  readonly flag: Flag;
  /** As it stands on the command line. */
  readonly option: string;
  readonly text: string;
  /** Whether it has to be answered, given the answers before it. @default - always */
  readonly when?: (flags: InitFlags) => boolean;
  /** Allowed values, of each item where the answer is a list. @default - any text */
  readonly allowed?: readonly string[];
  /** The answer may hold several values, separated by commas. @default - one value */
  readonly several?: true;
  /** May be left open: an empty answer is one, and nobody is asked without a terminal. */
  readonly optional?: true;
}

const isCloud = ({ platform }: InitFlags) => platform === 'google' || platform === 'aws';

/** In the order in which they are asked. */
export const QUESTIONS: readonly Question[] = [
  {
    flag: 'class',
    option: '--class',
    text: 'class',
    allowed: ['development', 'staging', 'production'],
  },
  {
    flag: 'platform',
    option: '--platform',
    text: 'platform',
    allowed: ['process', 'docker', 'google', 'aws'],
  },
  {
    flag: 'models',
    option: '--models',
    text: 'models, separated by commas',
    several: true,
    allowed: Object.keys(MODEL_CATALOGUE),
  },
  {
    flag: 'googleProject',
    option: '--google-project',
    text: 'Google Cloud project id',
    when: ({ platform }) => platform === 'google',
  },
  {
    flag: 'awsAccount',
    option: '--aws-account',
    text: 'AWS account id, 12 digits',
    when: ({ platform }) => platform === 'aws',
  },
  {
    flag: 'stateBucket',
    option: '--state-bucket',
    text: 'bucket for the Terraform state, gs://<bucket> or s3://<bucket>',
    when: (flags) => flags.class !== undefined && flags.class !== 'development',
  },
  {
    flag: 'region',
    option: '--region',
    text: 'region',
    when: (flags) => isCloud(flags) || flags.stateBucket?.startsWith('s3:') === true,
  },
  { flag: 'zones', option: '--zones', text: 'zones, separated by commas', when: isCloud, several: true },
  {
    flag: 'nodeImage',
    option: '--node-image',
    text: 'machine image with GPU driver, an AMI id or projects/<project>/global/images/<image>; empty: later, `fleet doctor` names the newest',
    when: isCloud,
    optional: true,
  },
  {
    flag: 'vllmImage',
    option: '--vllm-image',
    text: 'vLLM image, <registry>/<name>@sha256:<digest>; empty: later',
    when: isCloud,
    optional: true,
  },
  {
    flag: 'gatewayImage',
    option: '--gateway-image',
    text: 'image of the gateway, <registry>/<name>@sha256:<digest>; empty: later, `fleet image push` writes it',
    when: isCloud,
    optional: true,
  },
  {
    flag: 'routerImage',
    option: '--router-image',
    text: 'image of the router, <registry>/<name>@sha256:<digest>; empty: later, `fleet image push` writes it',
    when: isCloud,
    optional: true,
  },
  {
    flag: 'prometheusImage',
    option: '--prometheus-image',
    text: 'image of Prometheus in a registry of the cloud, <registry>/<name>@sha256:<digest>; empty: later',
    when: isCloud,
    optional: true,
  },
  {
    flag: 'certificate',
    option: '--certificate',
    text: "ARN of the certificate of the gateway's domain; empty: later",
    when: ({ platform }) => platform === 'aws',
    optional: true,
  },
  {
    flag: 'weightsBucket',
    option: '--weights-bucket',
    text: 'bucket that `fleet weights push` fills; empty: nodes fetch from the model hub',
    when: isCloud,
    optional: true,
  },
];

/**
 * Completes the flags by asking; without a terminal by refusing.
 * @throws UsageError that names the missing flags, or an answer that is not allowed
 */
export async function complete(
  name: string,
  flags: InitFlags,
  ask: ((question: string) => Promise<string>) | undefined,
): Promise<InitAnswers> {
  for (const question of QUESTIONS) checkAllowed(question, flags[question.flag]);
  let answered = flags;
  if (ask === undefined) refuseMissing(name, flags);
  else for (const question of QUESTIONS) answered = await answer(question, answered, ask);
  return toAnswers(name, answered);
}

function refuseMissing(name: string, flags: InitFlags): void {
  const missing = QUESTIONS.filter(
    ({ flag, when, optional }) =>
      optional === undefined && flags[flag] === undefined && (when?.(flags) ?? true),
  );
  if (missing.length === 0) return;
  const wanted = missing.map(
    ({ option, text, allowed, several }) => `  ${option} <${allowed?.join(several ? ',' : '|') ?? text}>`,
  );
  throw new UsageError([`fleet init ${name} without a terminal needs also`, ...wanted].join('\n'));
}

async function answer(
  question: Question,
  flags: InitFlags,
  ask: (question: string) => Promise<string>,
): Promise<InitFlags> {
  const { flag, text, when, allowed, optional } = question;
  if (flags[flag] !== undefined || when?.(flags) === false) return flags;
  for (;;) {
    const given = (await ask(`${text}${allowed === undefined ? '' : ` (${allowed.join(', ')})`}: `)).trim();
    if (given === '' && optional === true) return flags;
    if (given !== '' && foreign(given, question).length === 0) return { ...flags, [flag]: given };
  }
}

function checkAllowed(question: Question, given: string | undefined): void {
  const [wrong] = given === undefined ? [] : foreign(given, question);
  if (wrong === undefined) return;
  throw new UsageError(`${question.option}: must be of ${question.allowed?.join(', ')}, got ${wrong}`);
}

function foreign(given: string, { allowed, several }: Question): string[] {
  const items = several ? list(given) : [given];
  return allowed === undefined ? [] : items.filter((item) => !allowed.includes(item));
}

function list(text: string): string[] {
  return text.split(',').map((item) => item.trim());
}

function toAnswers(name: string, flags: InitFlags): InitAnswers {
  const { class: environmentClass = '', platform = '', models = '', zones, ...rest } = flags;
  return {
    name,
    class: environmentClass as InitAnswers['class'],
    platform: platform as InitAnswers['platform'],
    models: list(models),
    zones: zones === undefined ? undefined : list(zones),
    ...rest,
  };
}
