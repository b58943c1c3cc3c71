import { z } from 'zod';

export const State = z
  .union([
    z.strictObject({ gcs: z.strictObject({ bucket: z.string(), prefix: z.string().optional() }) }),
    z.strictObject({
      s3: z.strictObject({ bucket: z.string(), region: z.string(), key: z.string().optional() }),
    }),
  ])
  .describe('where Terraform keeps its state; a local file only in class development');
