import OpenAI from 'openai';
import { chatModel } from '../../review/chat-model.ts';
import { reviewPullRequest } from '../../review/pipeline.ts';
import { readTestResults } from '../../review/test-results.ts';
import { runProgram } from '../common/program.ts';
import { startReviewer } from './service.ts';

const USAGE = `usage: pr-reviewer (--config reviewer.json | --config-variable NAME) --listen HOST:PORT --admin HOST:PORT
                   [--gateway URL] [--worker URL] [--reload-every SECONDS] [--last-scrape SECONDS]
What works needs --gateway, the base URL of the fleet's gateway with /v1. What only takes webhooks needs --worker, the URL of
what works. SIGHUP reads the configuration and secrets again; SIGTERM lets reviews end for a while, puts off the rest, and
ends. With --last-scrape it waits, at most so long after SIGTERM, for its metrics to be read once more.`;

const ANSWER_TIMEOUT_MS = 300_000;

await runProgram(
  { name: 'pr-reviewer', usage: USAGE, flags: ['gateway', 'worker'] },
  (options, { gateway, worker }) =>
    startReviewer({
      ...options,
      workerUrl: worker,
      pipeline: {
        review: reviewPullRequest,
        readTests: readTestResults,
        model({ model, prices }, apiKey) {
          if (gateway === undefined) throw new Error('--gateway: say where the gateway is');
          return chatModel(new OpenAI({ baseURL: gateway, apiKey, timeout: ANSWER_TIMEOUT_MS }), {
            model,
            priceOf: (asked, release) => (asked === model ? prices[release ?? ''] : undefined),
          });
        },
      },
    }),
);
