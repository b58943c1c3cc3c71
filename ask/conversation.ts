import type { ToolDefinition } from './argument-schema.ts';
import { asks, callsInText, isCode } from './calls-in-text.ts';
import type { Configuration } from './configuration.ts';
import { expand } from './expand.ts';
import {
  type Answer,
  CUT_OFF,
  checksFailed,
  firstMessages,
  type Message,
  NO_CODE,
  NOTHING,
  textCallsRead,
} from './messages.ts';
import { notesOf } from './notes.ts';
import type { ProviderSchema } from './provider-schema.ts';
import { type CallResult, Session } from './session.ts';
import type { Tool } from './tool.ts';

/** What a configuration's checks found. Without problems it may be printed. */
export interface Checked {
  readonly problems: readonly string[];
}

export interface Asking<Check extends Checked> {
  readonly tools: readonly Tool[];
  readonly schemas: readonly ProviderSchema[];
  readonly model: (messages: readonly Message[], tools: readonly ToolDefinition[]) => Promise<Answer>;
  readonly check: (configuration: Configuration) => Promise<Check>;
  /** How often the model is told what was wrong. */
  readonly corrections: number;
  readonly progress: (line: string) => void;
}

/** How a request ended, and what it took. */
export type Outcome<Check extends Checked> = {
  readonly answers: number;
  readonly corrections: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
} & (
  | {
      readonly kind: 'written';
      readonly configuration: Configuration;
      readonly check: Check;
      readonly notes: readonly string[];
    }
  /** The model asks for something, or says that it cannot do it. */
  | { readonly kind: 'question'; readonly text: string }
  | { readonly kind: 'refused'; readonly problems: readonly string[] }
);

/** Answers that go well are not corrections; no request needs more of them than this. */
const MOST_GOOD_ANSWERS = 24;

/** Asks the model until what its calls make passes every check, or it has been corrected too often. */
export async function converse<Check extends Checked>(
  request: string,
  { tools, schemas, model, check, corrections: most, progress }: Asking<Check>,
): Promise<Outcome<Check>> {
  const session = new Session(tools, schemas);
  const definitions = session.definitions;
  const messages = firstMessages(request);
  const used = { answers: 0, corrections: 0, promptTokens: 0, completionTokens: 0 };
  const fromText: string[] = [];

  const corrected = (problems: readonly string[], ...feedback: readonly Message[]) => {
    used.corrections += 1;
    if (used.corrections > most) return { ...used, corrections: most, kind: 'refused', problems } as const;
    for (const problem of problems) progress(`refused: ${problem}`);
    messages.push(...feedback);
    return undefined;
  };

  for (;;) {
    if (used.answers - used.corrections >= MOST_GOOD_ANSWERS)
      return {
        ...used,
        kind: 'refused',
        problems: [`the model did not come to an end in ${used.answers} answers`],
      };
    const answer = await model(messages, definitions);
    used.answers += 1;
    used.promptTokens += answer.promptTokens;
    used.completionTokens += answer.completionTokens;
    const { content, reasoning } = answer;
    const written = answer.calls.length === 0 ? callsInText(content) : [];
    const calls = answer.calls.length > 0 ? answer.calls : written;
    messages.push({ role: 'assistant', content, calls: answer.calls, reasoning });

    if (calls.length > 0) {
      const results = session.take(calls);
      for (const { what, problems } of results) if (problems.length === 0) progress(what);
      fromText.push(...(written.length > 0 ? results.map(({ what }) => what) : []));
      const feedback = feedbackOf(results, written.length > 0);
      const problems = problemsOf(results);
      const end = problems.length === 0 ? undefined : corrected(problems, ...feedback);
      if (end !== undefined) return end;
      if (problems.length === 0) messages.push(...feedback);
      continue;
    }

    const wrong = wrongText(answer, session.calls.length > 0);
    if (wrong !== undefined) {
      const end = corrected([wrong], { role: 'user', content: wrong });
      if (end !== undefined) return end;
      continue;
    }
    if (session.calls.length === 0 || !ends(content))
      return { ...used, kind: 'question', text: content.trim() };

    const { configuration, problems: loose } = expand(session.calls, schemas);
    const before = [...session.open, ...loose];
    const checked = before.length > 0 ? undefined : await check(configuration);
    const problems = checked?.problems ?? before;
    if (checked !== undefined && problems.length === 0) {
      const notes = notesOf(request, session.calls, fromText);
      return { ...used, kind: 'written', configuration, check: checked, notes };
    }
    const end = corrected(problems, { role: 'user', content: checksFailed(problems) });
    if (end !== undefined) return end;
  }
}

/** What is wrong with an answer that calls nothing; undefined: nothing is. */
function wrongText({ complete, content }: Answer, hasCalls: boolean): string | undefined {
  if (!complete) return CUT_OFF;
  if (hasCalls) return undefined;
  if (isCode(content)) return NO_CODE;
  return content.trim() === '' ? NOTHING : undefined;
}

/** Whether a text after calls is the end: DONE, code that nobody asked for, anything but a question. */
function ends(content: string): boolean {
  return /\bDONE\b/.test(content) || isCode(content) || !asks(content);
}

function feedbackOf(results: readonly CallResult[], asText: boolean): Message[] {
  const texts = results.map(({ id, problems, made, changed }) => ({
    id,
    text: JSON.stringify(
      problems.length > 0
        ? { ok: false, problems }
        : { ok: true, made, ...(changed ? {} : { note: 'was there already' }) },
    ),
  }));
  return asText
    ? [{ role: 'user', content: textCallsRead(texts.map(({ text }) => text)) }]
    : texts.map(({ id, text }) => ({ role: 'tool', callId: id, content: text }));
}

/** A model that only repeats itself has to be told, or it never ends. */
function problemsOf(results: readonly CallResult[]): string[] {
  const problems = results.flatMap(({ what, problems: wrong }) => wrong.map((text) => `${what}: ${text}`));
  const repeats = results.every(({ changed }) => !changed);
  return problems.length === 0 && repeats
    ? ['every call was there already; answer DONE if all is there']
    : problems;
}
