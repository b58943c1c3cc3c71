/** A GPU machine. Memory in GiB per GPU. */
export interface Machine {
  readonly platform: 'google' | 'aws' | 'any';
  readonly gpu: string;
  readonly gpus: number;
  readonly gpuMemoryGiB: number;
}

/** Sources: the vendors' machine pages, read 2026-11-23. Prices come with the plan checks, each with its date. */
export const MACHINE_CATALOGUE: Readonly<Record<string, Machine>> = {
  'a3-highgpu-8g': { platform: 'google', gpu: 'H100', gpus: 8, gpuMemoryGiB: 80 },
  'a3-megagpu-8g': { platform: 'google', gpu: 'H100', gpus: 8, gpuMemoryGiB: 80 },
  'a3-ultragpu-8g': { platform: 'google', gpu: 'H200', gpus: 8, gpuMemoryGiB: 141 },
  'a2-ultragpu-8g': { platform: 'google', gpu: 'A100', gpus: 8, gpuMemoryGiB: 80 },
  'g2-standard-8': { platform: 'google', gpu: 'L4', gpus: 1, gpuMemoryGiB: 24 },
  'p5.48xlarge': { platform: 'aws', gpu: 'H100', gpus: 8, gpuMemoryGiB: 80 },
  'p5en.48xlarge': { platform: 'aws', gpu: 'H200', gpus: 8, gpuMemoryGiB: 141 },
  'p4de.24xlarge': { platform: 'aws', gpu: 'A100', gpus: 8, gpuMemoryGiB: 80 },
  'g6e.48xlarge': { platform: 'aws', gpu: 'L40S', gpus: 8, gpuMemoryGiB: 48 },
  'g6.xlarge': { platform: 'aws', gpu: 'L4', gpus: 1, gpuMemoryGiB: 24 },
  '8x-h100': { platform: 'any', gpu: 'H100', gpus: 8, gpuMemoryGiB: 80 },
  '1x-l4': { platform: 'any', gpu: 'L4', gpus: 1, gpuMemoryGiB: 24 },
};
