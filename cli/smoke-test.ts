import { z } from 'zod';
import * as headers from '../contracts/headers.ts';
import { Failure, messageOf } from './errors.ts';
import { parseJson } from './json.ts';

/** One tiny answer that an environment gave. */
export interface SmokeAnswer {
  readonly model: string;
  /** The release that answered, if the gateway says so. */
  readonly release?: string;
  readonly completionTokens: number;
  readonly milliseconds: number;
}

export interface SmokeTestProps {
  /** Up to and with `/v1`. */
  readonly baseUrl: string;
  readonly key: string;
  /** Public names of the models that must answer. */
  readonly models: readonly string[];
  readonly now: () => number;
}

const ANSWER_TIMEOUT_MS = 60_000;
const MAX_TOKENS = 16;

const ModelList = z.object({ data: z.array(z.object({ id: z.string() })) });
const Completion = z.object({
  choices: z.array(z.unknown()).min(1),
  usage: z.object({ completion_tokens: z.number() }),
});
const ApiError = z.object({ error: z.object({ message: z.string() }) });

/**
 * Asks the gateway for its models, and each model for a few tokens.
 * @throws Failure that names every model that is missing or did not answer
 */
export async function smokeTest(props: SmokeTestProps): Promise<SmokeAnswer[]> {
  const list = ModelList.safeParse((await call(props, 'models')).body);
  if (!list.success) throw new Failure('the smoke test failed: GET /v1/models answers no list of models');
  const listed = list.data.data.map(({ id }) => id);
  const missing = props.models.filter((model) => !listed.includes(model));
  const answers = await Promise.allSettled(props.models.map((model) => ask(props, model)));
  const problems = [
    ...missing.map((model) => `GET /v1/models does not list ${model}`),
    ...answers.flatMap((answer) => (answer.status === 'rejected' ? [messageOf(answer.reason)] : [])),
  ];
  if (problems.length > 0) throw new Failure(`the smoke test failed:\n${problems.join('\n')}`);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
}

async function ask(props: SmokeTestProps, model: string): Promise<SmokeAnswer> {
  const begin = props.now();
  const { body, release } = await call(props, 'chat/completions', {
    model,
    messages: [{ role: 'user', content: 'Say hello.' }],
    max_tokens: MAX_TOKENS,
  });
  const completion = Completion.safeParse(body);
  if (!completion.success) throw new Failure(`${model}: the answer is no chat completion`);
  return {
    model,
    release,
    completionTokens: completion.data.usage.completion_tokens,
    milliseconds: props.now() - begin,
  };
}

async function call(
  { baseUrl, key }: SmokeTestProps,
  path: string,
  request?: { readonly model: string } & Readonly<Record<string, unknown>>,
): Promise<{ readonly body: unknown; readonly release?: string }> {
  const what = request === undefined ? `GET ${baseUrl}/${path}` : request.model;
  try {
    const response = await fetch(`${baseUrl}/${path}`, {
      method: request === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: request === undefined ? undefined : JSON.stringify(request),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const body = parseJson(await response.text());
    if (!response.ok)
      throw new Failure(`${what}: ${response.status} ${errorOf(body) ?? response.statusText}`);
    return { body, release: response.headers.get(headers.RELEASE) ?? undefined };
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(`${what}: ${causeOf(error)}`);
  }
}

function errorOf(body: unknown): string | undefined {
  return ApiError.safeParse(body).data?.error.message;
}

/** `fetch` hides the reason in `cause`. */
function causeOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? messageOf(error.cause) : messageOf(error);
}
