import { z } from 'zod';

const MachinePrice = z.strictObject({
  usdPerHour: z.number().positive(),
  region: z.string().min(1).optional(),
  date: z
    .string()
    .regex(/^\d{4}-\d{2}(-\d{2})?$/, 'must be a day or a month such as 2026-11-23')
    .describe('when the price was read'),
  source: z.string().min(1),
});

export const Machine = z
  .strictObject({
    gpu: z.string().min(1).describe('GPU model, such as H100: known limits of models go by it'),
    gpus: z.int().min(1).max(16),
    gpuMemoryGiB: z.number().positive().describe('what CUDA offers of one GPU, such as 79.11 of an H100'),
    nvlink: z.boolean().optional(),
    vcpus: z.int().min(1).optional(),
    memoryGiB: z.number().positive().optional(),
    localDiskGB: z.number().min(0).optional(),
    onDemand: MachinePrice.optional(),
    spot: MachinePrice.optional(),
  })
  .describe('a GPU machine outside the catalogue; what is not given is unknown');
