import { MODEL_CATALOGUE } from '../../contracts/model-catalogue.ts';
import type { Price } from '../../contracts/price.ts';
import { definitionOf, ownPriceOf, releasesOf } from '../../contracts/release.ts';
import { chatModel } from '../../review/chat-model.ts';
import type { ReviewModel } from '../../review/model.ts';
import { explained } from '../ask/client.ts';
import { hostOf } from '../ask/host.ts';
import type { Variables } from '../context.ts';
import { Failure, Interrupted } from '../errors.ts';
import { findProject, readEnvironment } from '../project.ts';

const ANSWER_TIMEOUT_MS = 300_000;

export interface ModelFlags {
  readonly env?: string;
  readonly project?: string;
  readonly model: string;
}

/** The gateway that a review asks. @throws UsageError; its answers throw Failure with what the host said, and Interrupted */
export async function reviewModel(flags: ModelFlags, folder: string, env: Variables): Promise<ReviewModel> {
  const { baseUrl, key } = hostOf(flags, folder, env);
  const openai = await import('openai');
  const client = new openai.default({ baseURL: baseUrl, apiKey: key, timeout: ANSWER_TIMEOUT_MS });
  const model = chatModel(client, { model: flags.model, priceOf: pricesOf(flags, folder) });
  return {
    answer: async (request, signal) => {
      try {
        return await model.answer(request, signal);
      } catch (error) {
        if (error instanceof openai.APIUserAbortError) throw new Interrupted('interrupted');
        if (error instanceof openai.APIError)
          throw new Failure(explained(error, baseUrl, request.model ?? flags.model));
        throw error;
      }
    },
  };
}

/** Of an environment, the release's own price, else the model's; without one, what the catalogue knows. */
function pricesOf(
  { env: name, project }: ModelFlags,
  folder: string,
): (model: string, release: string | undefined) => Price | undefined {
  if (name === undefined) {
    const catalogue: Readonly<Record<string, { readonly price: Price }>> = MODEL_CATALOGUE;
    return (model) => catalogue[model]?.price;
  }
  const environment = readEnvironment(findProject(folder, project), name);
  return (model, served) => {
    const release = releasesOf(environment).find((one) => one.model === model && one.name === served);
    const own = release === undefined ? undefined : ownPriceOf(environment, release);
    return own ?? definitionOf(environment, model)?.price;
  };
}
