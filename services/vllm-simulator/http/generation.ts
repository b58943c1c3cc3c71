import { type Delta, findAnswer, type PlannedAnswer, planAnswer, type ScriptedAnswer } from '../answers.ts';
import type { Clock } from '../clock.ts';
import type { Engine, Phase, Sequence } from '../engine.ts';
import type { FinishReason } from '../engine-stats.ts';
import { errorBody, RequestError, simulatedError } from '../errors.ts';
import type { Failure, FailureSubject } from '../failures.ts';
import { type AnswerFormat, type Ending, merge } from '../formats/answer-format.ts';
import { lastUserText } from '../prompt.ts';
import { headersOfInterest, type RecordStore, type RequestRecord } from '../record.ts';
import type { GenerationRequest } from '../requests/generation-request.ts';
import type { ServerOptions } from '../server-options.ts';
import type { Exchange } from './exchange.ts';

/** What answering needs beside the request. */
export interface GenerationParts {
  readonly server: ServerOptions;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly records: RecordStore;
  readonly answers: readonly ScriptedAnswer[];
  readonly answerTokens: () => number;
  readonly failureFor: (subject: FailureSubject) => Failure | undefined;
}

type Settlement = Pick<RequestRecord, 'outcome' | 'abortedPhase'> & {
  readonly sequence?: Sequence;
  readonly firstTokenAt?: number;
};

/** Writes the record of one exchange, once. */
export function createSettler(
  { records, clock }: Pick<GenerationParts, 'records' | 'clock'>,
  exchange: Exchange,
  subject: { id: string; model: string; stream: boolean },
): (settlement: Settlement) => void {
  let settled = false;
  return ({ outcome, abortedPhase, sequence, firstTokenAt }) => {
    if (settled) return;
    settled = true;
    records.add({
      ...subject,
      path: exchange.path,
      status: exchange.status,
      promptTokens: sequence?.submission.promptIds.length ?? 0,
      cachedTokens: sequence?.cachedTokens ?? 0,
      completionTokens: sequence?.generated ?? 0,
      startedAt: exchange.startedWall,
      firstTokenAt,
      endedAt: clock.wall(),
      outcome,
      abortedPhase,
      headers: headersOfInterest(exchange.request.headers),
    });
  };
}

function endingOf(answer: PlannedAnswer, sequence: Sequence, reason: FinishReason): Ending {
  const made = answer.deltas.slice(0, sequence.generated);
  return {
    reason,
    stopReason: reason === 'stop' ? answer.stopReason : null,
    usage: {
      promptTokens: sequence.submission.promptIds.length,
      completionTokens: sequence.generated,
      cachedTokens: sequence.cachedTokens,
      createdCacheTokens: sequence.createdCacheTokens,
      reasoningTokens: made.filter((delta) => delta?.kind === 'reasoning').length,
    },
  };
}

const isDelta = (delta: Delta | undefined): delta is Delta => delta !== undefined;

function seedOf(ids: readonly number[]): number {
  return ids.reduce((seed, id) => (Math.imul(seed, 31) + id) | 0, 17);
}

/** Answers a request that has been read: faults, engine, stream or whole answer, record. */
export function generate(
  parts: GenerationParts,
  exchange: Exchange,
  request: GenerationRequest,
  { id, format }: { id: string; format: AnswerFormat },
): void {
  const { server, engine, clock } = parts;
  const { promptIds, stream, messages } = request;
  const model = request.model ?? server.servedModelNames[0] ?? '';
  const settle = createSettler(parts, exchange, { id, model, stream });
  const text = lastUserText(messages);
  const failure = parts.failureFor({ path: exchange.path, model, text, headers: exchange.request.headers });
  if (failure?.do === 'refuse') {
    settle({ outcome: 'failed' });
    exchange.destroy();
    return;
  }
  if (failure?.do === 'status') {
    exchange.sendJson(failure.status, errorBody(simulatedError(failure.status)));
    settle({ outcome: 'failed' });
    return;
  }

  const limit = server.maxModelLen - promptIds.length;
  const answer = planAnswer(request.answer, {
    script: findAnswer(parts.answers, messages),
    defaultTokens: parts.answerTokens(),
    limit,
    seed: seedOf(promptIds),
  });
  const breaksAt = failure?.do === 'cut' ? failure.afterTokens : Number.POSITIVE_INFINITY;
  const refused = engine.draining;
  let firstTokenAt: number | undefined;
  let written = 0;
  let blocked = false;
  let waited = false;
  let finished: { reason: FinishReason; phase: Phase } | undefined;

  const cut = () => {
    settle({ outcome: 'failed', sequence, firstTokenAt });
    engine.abort(sequence);
    exchange.destroy();
  };
  const conclude = (reason: FinishReason, phase: Phase) => {
    if (reason !== 'abort') settle({ outcome: 'completed', sequence, firstTokenAt });
    else if (refused) settle({ outcome: 'rejected', sequence, firstTokenAt });
    else
      settle({
        outcome: 'aborted',
        abortedPhase: phase === 'finished' ? 'sending' : phase,
        sequence,
        firstTokenAt,
      });
  };
  const eventsUpTo = (end: number): string => {
    const waiting = answer.deltas.slice(written, end);
    if (waited) {
      waited = false;
      return format.tokens(merge(waiting.filter(isDelta)), end, promptIds.length);
    }
    const first = written + 1;
    return waiting
      .map((delta, index) => format.tokens(delta ? [delta] : [], first + index, promptIds.length))
      .join('');
  };
  const flush = () => {
    if (blocked || !stream) return;
    if (finished) {
      const end = Math.max(written, sequence.generated - 1);
      const before = end > written ? eventsUpTo(end) : '';
      const last = answer.deltas.slice(end, sequence.generated).filter(isDelta);
      const rest = format.ending(last, endingOf(answer, sequence, finished.reason));
      conclude(finished.reason, finished.phase);
      exchange.end(before + rest);
      return;
    }
    // The last token is held back: its event carries the finish reason.
    const end = Math.min(sequence.generated, answer.ids.length - 1);
    const breaks = sequence.generated >= breaksAt;
    if (end <= written && !breaks) return;
    const events = end > written ? eventsUpTo(end) : '';
    written = Math.max(written, end);
    blocked = !exchange.write(events, breaks ? cut : undefined);
    if (blocked) {
      exchange.onDrain(() => {
        blocked = false;
        waited = true;
        flush();
      });
    }
  };

  const sequence = engine.submit({
    promptIds,
    answer,
    maxTokens: Math.min(request.answer.maxTokens ?? limit, limit),
    cacheSalt: request.cacheSalt,
    arrivedAt: exchange.startedAt,
    stallAfter: failure?.do === 'stall' || failure?.do === 'cut' ? failure.afterTokens : undefined,
    extraPrefillMilliseconds: failure?.do === 'delay' ? failure.seconds * 1000 : undefined,
    onTokens(current) {
      firstTokenAt ??= clock.wall();
      if (stream) flush();
      else if (current.generated >= breaksAt) cut();
    },
    onFinish(current, reason, phase) {
      finished = { reason, phase };
      if (stream) return flush();
      const deltas = answer.deltas.slice(0, current.generated).filter(isDelta);
      exchange.sendJson(200, format.complete(deltas, endingOf(answer, current, reason)));
      return conclude(reason, phase);
    },
  });
  exchange.onClose(() => {
    const phase = sequence.phase;
    settle({
      outcome: 'aborted',
      abortedPhase: phase === 'finished' ? 'sending' : phase,
      sequence,
      firstTokenAt,
    });
    engine.abort(sequence);
  });
  if (stream) {
    exchange.openStream();
    const opening = format.opening();
    if (opening !== '') exchange.write(opening);
  }
  if (breaksAt === 0) cut();
}

/** Answers a request that was refused while it was read. */
export function reject(
  parts: Pick<GenerationParts, 'records' | 'clock'>,
  exchange: Exchange,
  error: unknown,
  subject: { id: string; model: string; stream: boolean },
): void {
  if (!(error instanceof RequestError)) throw error;
  exchange.sendJson(error.error.code, errorBody(error.error));
  createSettler(parts, exchange, subject)({ outcome: 'rejected' });
}
