import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { COMPRESSION, ROUTING_KEY } from '../../../contracts/headers.ts';
import type { ApiKey } from '../../../contracts/secret.ts';
import { ClientGone } from '../../common/http/request-body.ts';
import type { Runtime } from '../../common/runtime.ts';
import { EdgeCall, type EdgeCallProps } from '../edge/call.ts';
import type { EdgeMetrics } from '../edge/metrics.ts';
import type { ModelTable } from '../edge/models.ts';
import type { EdgeRequest } from '../edge/request.ts';
import type { Upstream } from '../http/upstream.ts';
import type { Json } from '../json.ts';
import type { Limits } from '../limits/limits.ts';
import type { TokenCounter } from '../tokens/counter.ts';
import { createCompressor } from './compressor.ts';
import type { CompressionMetrics } from './metrics.ts';
import { outputCap } from './prompt.ts';
import type { CompressionSettings } from './settings.ts';
import type { SummaryStore } from './store.ts';
import { callSummarizer } from './summary-call.ts';
import { createSummaryWriter } from './writer.ts';

/** One client's request, planned and not sent yet. */
export interface PlannedRequest {
  readonly request: EdgeRequest;
  readonly call: EdgeCall;
  readonly res: ServerResponse;
  readonly key: ApiKey;
  readonly headers: IncomingHttpHeaders;
  readonly json: Json;
  readonly models: ModelTable;
  readonly hopKey: string;
  readonly router: Upstream;
}

/** The place where compression is put between a planned request and the router. */
export interface EdgeCompression {
  /**
   * The request with its old turns summarised, where its model and key want that. Tells the client by a header.
   * @throws ApiError if nothing can be sent, ClientGone if the client left meanwhile
   */
  apply(planned: PlannedRequest): Promise<EdgeRequest>;
}

interface EdgeCompressionProps extends Omit<EdgeCallProps, 'metrics' | 'summaryOf'> {
  readonly metrics: EdgeMetrics;
  readonly compressionMetrics: CompressionMetrics;
  readonly limits: Limits;
  readonly counter: TokenCounter;
  readonly store: () => SummaryStore;
  readonly runtime: Runtime;
}

export function createEdgeCompression({
  metrics,
  compressionMetrics,
  limits,
  counter,
  store,
  runtime,
  ...account
}: EdgeCompressionProps): EdgeCompression {
  const writer = createSummaryWriter({ store, runtime });
  const compressor = createCompressor({ writer, counter, metrics: compressionMetrics, runtime });

  async function summary(
    { request, call, key, hopKey, router }: PlannedRequest,
    { summarizer: model, target }: CompressionSettings,
    body: Buffer,
    signal: AbortSignal,
  ): Promise<string> {
    const own = new EdgeCall(runtime.uuid(), { ...account, metrics, runtime, summaryOf: call.id });
    own.trace = call.trace?.child();
    own.granted(limits.withoutReservation(key), {
      ...{ tokens: 0, picoDollars: 0, completionTokens: outputCap(target) },
    });
    let cost = 0;
    own.afterCharge = ({ amount }) => {
      cost = amount.total;
    };
    const onRetry = metrics.retried;
    try {
      return await callSummarizer({
        router: own.trace?.through(router) ?? router,
        ...{ hopKey, call: own, keyId: key.id, model, body, signal, runtime, onRetry },
      });
    } finally {
      compressionMetrics.asked(request.model.name, cost);
    }
  }

  return {
    async apply(planned) {
      const { request, call, res, key, headers, json, models } = planned;
      const { model, upstream } = request;
      if (model.compression === undefined) return request;
      call.phase = 'compression';
      const client = new AbortController();
      const left = () => client.abort(new ClientGone());
      if (res.closed) left();
      res.once('close', left);
      const { body, header, afterCharge } = await compressor.compress({
        ...{ key, model, models, json },
        path: upstream.path,
        body: upstream.body,
        wish: [headers[COMPRESSION]].flat()[0],
        conversation: upstream.headers[ROUTING_KEY] ?? '',
        signal: client.signal,
        send: (settings, data, signal) => summary(planned, settings, data, signal),
      });
      res.off('close', left);
      call.compression = header;
      call.afterCharge = ({ usage, price, estimated }) => {
        if (!estimated) afterCharge(usage, price);
      };
      return { ...request, upstream: { ...upstream, body } };
    },
  };
}
