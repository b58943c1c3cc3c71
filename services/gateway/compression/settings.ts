import { brokenLengths, type CompressionConfig } from '../../../contracts/compression.ts';
import type { ApiKey } from '../../../contracts/secret.ts';
import type { ModelTable, ServedModel } from '../edge/models.ts';

/** How one key's requests to one model are compressed. */
export interface CompressionSettings extends CompressionConfig {
  readonly summarizer: ServedModel;
}

/** @returns undefined: they are not; the model has no compression, or the key has it off */
export function settingsOf(
  { compression }: ServedModel,
  key: Pick<ApiKey, 'compression'>,
  models: ModelTable,
): CompressionSettings | undefined {
  if (compression === undefined || key.compression === false) return undefined;
  return { ...compression, ...key.compression, summarizer: models.resolve(compression.model) };
}

/** @throws Error for a summary model that cannot summarise, and for a key's lengths that fit a model badly. */
export function checkCompression(models: ModelTable, keys: readonly ApiKey[]): void {
  for (const { name, compression, contextTokens } of models.served) {
    if (compression === undefined) continue;
    const field = `models.${name}.compression`;
    const summarizer = models.served.find((model) => model.name === compression.model);
    if (summarizer === undefined || summarizer.compression !== undefined)
      throw new Error(
        `${field}.model: must name a model with releases and without compression, got ${compression.model}`,
      );
    for (const { id, compression: own } of keys) {
      if (own === undefined || own === false) continue;
      const [broken] = brokenLengths({ ...compression, ...own }, contextTokens);
      if (broken !== undefined)
        throw new Error(`keys.${id}.compression.${broken.field}: ${broken.message} (for model ${name})`);
    }
  }
}
