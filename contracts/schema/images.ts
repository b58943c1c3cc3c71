import { z } from 'zod';
import { Image, Version } from './values.ts';

/** Container images, each from the registry that the machines can reach. */
export const Images = z.strictObject({
  vllm: z.record(Version, Image).default({}).describe('by vLLM version; default vllm/vllm-openai:v<version>'),
  gateway: Image.optional().describe(
    'our gateway program; `fleet image push` builds it and writes its digest here',
  ),
  router: Image.optional().describe(
    'nginx and our router agent; `fleet image push <environment> router` builds it and writes its digest here',
  ),
  reviewer: Image.optional().describe(
    'our reviewer of pull requests; `fleet image push <environment> reviewer` builds it and writes its digest here',
  ),
  dcgmExporter: Image.optional().describe('GPU metrics of a node; default the published one, by tag'),
  prometheus: Image.optional().describe(
    'on google and aws, also beside each gateway; default the published one',
  ),
  alertmanager: Image.optional().describe('on google and aws; default the published one, by tag'),
  grafana: Image.optional().describe('on google and aws; default the published one, by tag'),
  nodeExporter: Image.optional().describe('machine metrics of a node; default the published one, by tag'),
});
