import type { IncomingMessage } from 'node:http';
import { RELEASE } from '../../contracts/headers.ts';
import type { ReviewModel } from '../../review/model.ts';
import { StandIn } from './stand-in.ts';

/** A host of OpenAI's chat API that asks a model of a test, and says each stage before and after its answer is made. */
export class StageModel extends StandIn {
  /** Stages whose answer was made. */
  readonly answered: string[] = [];
  before: (stage: string) => void = () => {};
  after: (stage: string) => void = () => {};
  readonly #model: ReviewModel;

  constructor(model: ReviewModel) {
    super((request, response) => {
      this.#answer(request).then(
        (body) => {
          response.writeHead(200, { 'content-type': 'application/json', [RELEASE]: 'v1' });
          response.end(JSON.stringify(body));
        },
        (error: Error) => response.destroy(error),
      );
    });
    this.#model = model;
  }

  override get url(): string {
    return `${super.url}/v1`;
  }

  async #answer(request: IncomingMessage) {
    const {
      model,
      messages,
      response_format: format,
    } = JSON.parse(Buffer.concat(await request.toArray()).toString('utf8')) as Asked;
    const { name: stage, schema } = format.json_schema;
    this.before(stage);
    const asking = { stage, messages, schema };
    const { content, usage } = await this.#model.answer(asking, new AbortController().signal);
    this.answered.push(stage);
    this.after(stage);
    return {
      ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 0, model },
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
      usage: {
        prompt_tokens: usage.promptTokens,
        completion_tokens: usage.completionTokens,
        total_tokens: usage.promptTokens + usage.completionTokens,
      },
    };
  }
}

interface Asked {
  readonly model: string;
  readonly messages: Parameters<ReviewModel['answer']>[0]['messages'];
  readonly response_format: {
    readonly json_schema: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> };
  };
}
